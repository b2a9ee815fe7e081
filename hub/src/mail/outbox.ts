import { setTimeout as sleep } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import type { Log } from '../base/log.ts'
import type { MailSettings } from '../base/mail-settings.ts'

export interface Letter {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface Outbox {
  /** False: nothing is sent from here, or too much waits already. `of`: whose it is; nobody's letters keep out those of others. */
  send(letter: Letter, of?: string): boolean
  close(): Promise<void>
}

/** What waits is in memory: what a letter says stands in the console as well. */
const mostWaiting = { all: 500, ofOne: 50 } as const
const againMs = [5_000, 30_000, 300_000, 1_800_000]

/** Nothing is sent without TLS whose certificate is the server's; a password goes nowhere else. `retryMs`: after each failed try. */
export function openOutbox(settings: MailSettings | undefined, log: Log, retryMs: readonly number[] = againMs): Outbox {
  if (settings === undefined) return { send: () => false, close: async () => undefined }
  const { host, port, tls, ca, user, password, from } = settings
  const transport = createTransport({
    host,
    port,
    secure: tls,
    requireTLS: true,
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password() } }),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    // A letter is what is written here: nothing of it is fetched from a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const ended = new AbortController()
  const waiting = new Map<Promise<void>, string>()
  let last: Promise<unknown> = Promise.resolve()

  async function deliver(letter: Letter): Promise<void> {
    for (const [tries, waitMs] of [...retryMs, undefined].entries()) {
      // One after the other: a mail server that is slow is not made slower.
      const sent = last.then(() => transport.sendMail({ ...letter, from, headers: { 'Auto-Submitted': 'auto-generated' } }))
      last = sent.catch(() => undefined)
      const fault = await sent.then(
        () => undefined,
        (error: unknown) => error as { readonly code?: string; readonly responseCode?: number },
      )
      if (fault === undefined) return
      const forEver = (fault.responseCode ?? 0) >= 500 && fault.code === 'EENVELOPE'
      const facts = { host, code: fault.code ?? '', answer: fault.responseCode ?? 0, tries: tries + 1 }
      if (waitMs === undefined || forEver) return log('error', 'a mail was not sent; what it says stands in the console', facts)
      log('warn', 'a mail was not sent yet; it is tried again', facts)
      await sleep(waitMs, undefined, { signal: ended.signal })
    }
  }

  return {
    send(letter, of = '') {
      const own = [...waiting.values()].filter((one) => one === of).length
      if (ended.signal.aborted || waiting.size >= mostWaiting.all || (of !== '' && own >= mostWaiting.ofOne)) return false
      const work = deliver(letter).catch(() => undefined)
      waiting.set(work, of)
      void work.finally(() => waiting.delete(work))
      return true
    },
    async close() {
      ended.abort()
      await Promise.race([Promise.all(waiting.keys()), sleep(2000, undefined, { ref: false })])
      transport.close()
    },
  }
}
