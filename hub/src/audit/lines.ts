import { fromBase64, toBase64 } from '@fairlead/protocol/trail/note.ts'
import type { Range } from '@fairlead/protocol/trail/tree.ts'

// An export is NDJSON: a header, then in the order of the trail rows with their hashes, what is left out, checkpoints; then its end.
// The text of a row stands in its line as it was hashed: nothing is written anew when it is verified.

interface Header {
  readonly organization: string
  /** What signs the trail, as text. */
  readonly key: string
  readonly madeMs: number
}

export type Line =
  | { readonly kind: 'header'; readonly header: Header }
  | { readonly kind: 'row'; readonly seq: number; readonly body: string; readonly hash: Uint8Array }
  | { readonly kind: 'omitted'; readonly range: Range; readonly head: Uint8Array }
  | { readonly kind: 'checkpoint'; readonly note: string }
  | { readonly kind: 'end'; readonly rows: number }

const format = 'fairlead-audit/1'
const hashAt = '{"hash":"'.length
const bodyAt = hashAt + 44 + '","row":'.length

export const headerLine = (header: Header) => `${JSON.stringify({ format, ...header })}\n`
export const rowLine = (hash: Uint8Array, body: string) => `{"hash":"${Buffer.from(hash).toString('base64')}","row":${body}}\n`
export const checkpointLine = (note: string) => `${JSON.stringify({ checkpoint: note })}\n`
export const endLine = (rows: number) => `${JSON.stringify({ end: rows })}\n`
export const omittedLine = ({ from, to, hashes }: Range, head: Uint8Array) =>
  `${JSON.stringify({ omitted: { from, to, head: toBase64(head), hashes: hashes.map(toBase64) } })}\n`

/** Undefined: no such line. */
export function readLine(text: string): Line | undefined {
  let said: Record<string, unknown>
  try {
    said = JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
  if (typeof said !== 'object' || said === null) return undefined
  if (typeof said['hash'] === 'string') return readRow(text, said)
  if (said['format'] === format) return readHeader(said)
  if (typeof said['checkpoint'] === 'string') return { kind: 'checkpoint', note: said['checkpoint'] }
  if (typeof said['end'] === 'number') return { kind: 'end', rows: said['end'] }
  return readOmitted(said['omitted'])
}

function readHeader({ organization, key, madeMs }: Record<string, unknown>): Line | undefined {
  if (typeof organization !== 'string' || typeof key !== 'string') return undefined
  return { kind: 'header', header: { organization, key, madeMs: Number(madeMs) } }
}

function readRow(text: string, said: Record<string, unknown>): Line | undefined {
  const hash = fromBase64(String(said['hash']))
  const seq = (said['row'] as { seq?: unknown } | null)?.seq
  // Only in exactly this form does the text of the row stand where it is looked for.
  if (hash?.length !== 32 || typeof seq !== 'number' || !text.startsWith('{"hash":"') || text.slice(hashAt + 44, bodyAt) !== '","row":')
    return undefined
  return { kind: 'row', seq, hash, body: text.slice(bodyAt, -1) }
}

function readOmitted(said: unknown): Line | undefined {
  if (typeof said !== 'object' || said === null) return undefined
  const { from, to, head, hashes } = said as Record<string, unknown>
  const last = typeof head === 'string' ? fromBase64(head) : undefined
  if (typeof from !== 'number' || typeof to !== 'number' || last?.length !== 32 || !Array.isArray(hashes)) return undefined
  return { kind: 'omitted', head: last, range: { from, to, hashes: hashes.map((hash) => fromBase64(String(hash)) ?? new Uint8Array()) } }
}
