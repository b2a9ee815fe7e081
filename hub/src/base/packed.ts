import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Context } from 'hono'

const pack = promisify(gzip)
/** A smaller answer is one packet anyway. */
const packFromBytes = 1400

/**
 * The answer to a question as JSON. Long ones are packed when the asker takes it: a list of containers is an eighth then.
 * Nothing of another site's choosing stands beside a secret in it, since another site's requests are refused.
 */
export async function answerJson(context: Context, value: unknown): Promise<Response> {
  const text = JSON.stringify(value) ?? 'null'
  context.header('Content-Type', 'application/json')
  if (context.req.method !== 'GET' || text.length < packFromBytes) return context.body(text)
  context.header('Vary', 'Accept-Encoding')
  if (!/\bgzip\b/.test(context.req.header('accept-encoding') ?? '')) return context.body(text)
  context.header('Content-Encoding', 'gzip')
  return context.body(new Uint8Array(await pack(text, { level: 1 })))
}
