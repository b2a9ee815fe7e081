import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import type { SyslogSink } from '../base/audit-sinks.ts'

/** Facility "log audit". */
const facility = 13
const severities = { started: 6, ok: 6, refused: 4, failed: 4 } as const
const machine =
  hostname()
    .replaceAll(/[^\x21-\x7e]/g, '')
    .slice(0, 255) || '-'

/**
 * A row as RFC 5424 writes it, in its own frame (RFC 6587: its length, a space, its bytes). The message is JSON of ASCII alone: nobody's
 * name begins another line or turns one around.
 */
function syslogFrame(organization: string, row: AuditRow): string {
  const pri = facility * 8 + (severities[row.outcome] ?? 4)
  const id = row.verb.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 32) || '-'
  const message = asciiJson({ organization, ...row })
  const line = `<${pri}>1 ${new Date(row.timeMs).toISOString()} ${machine} fairlead-hub - ${id} - ${message}`
  return `${line.length} ${line}`
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007F-\uFFFF]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const answerMs = 15_000

/**
 * Sends some rows over a connection of their own. Syslog has no answer; a receiver that read all of it closes its side once this one is
 * closed, and that is taken for one: what only left this machine may still be lost.
 */
export function sendSyslog(
  sink: SyslogSink,
  organization: string,
  rows: readonly AuditRow[],
  signal: AbortSignal,
  waitMs = answerMs,
): Promise<void> {
  const frames = rows.map((row) => syslogFrame(organization, row)).join('')
  return new Promise((resolve, reject) => {
    const socket = open(sink)
    const at = `${sink.host}:${sink.port}`
    const fail = (why: string, cause?: unknown) => {
      socket.destroy()
      reject(new FairleadError('bad_upstream', `The syslog receiver at ${at} ${why}.`, { cause }))
    }
    const leave = () => fail('was left: the hub stops')
    signal.addEventListener('abort', leave, { once: true })
    let ended = false
    socket.setTimeout(waitMs, () => fail(ended ? 'took the rows and did not close the connection after them' : 'does not answer'))
    socket.once('error', (error) => fail(`could not be told (${(error as NodeJS.ErrnoException).code ?? error.message})`, error))
    socket.once(sink.tls ? 'secureConnect' : 'connect', () => socket.end(frames, 'latin1', () => (ended = true)))
    // Its end, not ours: only then has it seen everything.
    let heard = false
    socket.once('end', () => (heard = true))
    socket.resume()
    socket.once('close', (failed) => {
      signal.removeEventListener('abort', leave)
      if (!failed && ended && heard) resolve()
      else fail('closed the connection early')
    })
  })
}

function open({ host, port, tls, ca, cert, key }: SyslogSink): Socket {
  if (!tls) return connectTcp({ host, port, allowHalfOpen: true })
  const socket = connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key: key() }),
    servername: isIP(host) === 0 ? host : '',
  })
  // It is read until the other end is done, also after this one is.
  socket.allowHalfOpen = true
  return socket
}
