import { createHmac } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import type { WebhookSink } from '../base/audit-sinks.ts'

/** How a request leaves the hub: refuses addresses that nobody opened, and follows nothing. */
export type Post = (
  url: string,
  request: { readonly method: 'POST'; readonly headers: Record<string, string>; readonly body: string; readonly signal: AbortSignal },
) => Promise<{ readonly status: number }>

interface Sent {
  readonly organization: string
  readonly epoch: string
  readonly rows: readonly AuditRow[]
}

/**
 * Some rows as one signed request, in the form of Standard Webhooks: a repeat has the same id. After a restore other rows have the numbers
 * of those that were lost, and a receiver that keeps ids would drop them: their epoch is another one.
 */
export async function sendWebhook(
  { url, secret }: WebhookSink,
  post: Post,
  { organization, epoch, rows }: Sent,
  signal: AbortSignal,
): Promise<void> {
  const id = `audit_${organization}_${epoch}_${rows[0]!.seq}_${rows.at(-1)!.seq}`
  const now = new Date()
  const body = JSON.stringify({ type: 'audit.rows', timestamp: now.toISOString(), data: { organization, rows } })
  const seconds = String(Math.floor(now.getTime() / 1000))
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${createHmac('sha256', secret()).update(`${id}.${seconds}.${body}`).digest('base64')}`,
  }
  const { status } = await post(url, { method: 'POST', headers, body, signal })
  if (status >= 200 && status < 300) return
  throw new FairleadError('bad_upstream', `The receiver of the webhook answered ${status}.`)
}
