import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { GuardedAddress } from '../../base/outbound.ts'
import { createFramer } from './frame.ts'
import type { Directory } from './presets.ts'

export interface ConnectDeps {
  /** The addresses behind a name, where the guard lets the hub go: one of these is connected to, under the name. */
  readonly addressOf: (host: string, port: number) => Promise<Pick<GuardedAddress, 'addresses' | 'opened'>>
  /** Until each answer. */
  readonly timeoutMs: number
}

/** One step towards a sign-in, in their order. */
export type Step = 'settings' | 'connect' | 'tls' | 'bind' | 'search' | 'user' | 'groups'

/** What is wrong with a directory, for who manages it; strangers are told no more than that it does not answer. */
export function fault(step: Step, message: string, cause?: unknown): FairleadError {
  return new FairleadError('bad_upstream', message, { cause, details: { step } })
}

/** A connection that is encrypted and verified, unless the settings say `plain`. */
export async function openConnection(directory: Directory, { addressOf, timeoutMs }: ConnectDeps): Promise<Socket> {
  const { host, port, security } = directory
  const where = `${host}:${port}`
  const { addresses, opened } = await addressOf(host, port)
  if (security === 'plain' && !opened)
    throw fault(
      'tls',
      'Passwords must not travel unencrypted: choose LDAPS or StartTLS. Who runs this hub can allow it to a network with FAIRLEAD_OUTBOUND_ALLOW.',
    )
  const socket = await reach(addresses, port, timeoutMs).catch((cause: unknown) => {
    throw fault(
      'connect',
      `Nothing answers at ${where} (${codeOfCause(cause)}): is the host name right, the port open, the directory running?`,
      cause,
    )
  })
  try {
    if (security === 'plain') return socket
    if (security === 'starttls') await startTls(socket, timeoutMs, where)
    return await encrypt(socket, directory, timeoutMs)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** The first that answers. Throws what the last one did. */
async function reach(addresses: GuardedAddress['addresses'], port: number, timeoutMs: number): Promise<Socket> {
  let last: unknown
  for (const { address } of addresses.slice(0, 4)) {
    const socket = connectTcp({ host: address, port })
    try {
      await within(timeoutMs / Math.min(addresses.length, 4), socket, 'connect')
      return socket
    } catch (error) {
      socket.destroy()
      last = error
    }
  }
  throw last
}

async function encrypt(socket: Socket, { host, port, ca }: Directory, timeoutMs: number): Promise<Socket> {
  const secure = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === '' ? {} : { ca }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  })
  await within(timeoutMs, secure, 'secureConnect').catch((cause: unknown) => {
    secure.destroy()
    throw fault('tls', `The certificate of ${host}:${port} was not taken (${codeOfCause(cause)}): ${mendTls(codeOfCause(cause))}`, cause)
  })
  return secure
}

function mendTls(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'it has expired; renew it on the directory.'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'it is for another name; use a name that stands in it.'
  if (/SELF_SIGNED|UNABLE_TO|ISSUER|SIGNATURE/.test(code)) return 'another authority signed it; give the certificate of the one that did.'
  return 'is this the port for LDAPS, and does the directory speak TLS 1.2 or later?'
}

/** The request of RFC 4511 4.14, whole: it is always the same. */
const startTlsName = Buffer.from('1.3.6.1.4.1.1466.20037')
const startTlsRequest = Buffer.concat([Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]), startTlsName])

/**
 * Asked here, not by the library: it would take what arrives unencrypted behind the answer for something that arrived encrypted, and
 * whoever sits in between could so answer in the directory's place.
 */
async function startTls(socket: Socket, timeoutMs: number, where: string): Promise<void> {
  const messages: Buffer[] = []
  const frame = createFramer((message) => messages.push(message))
  let whole = 0
  const answered = new Promise<void>((resolve, reject) => {
    socket.on('data', (data: Buffer) => {
      whole += data.length
      try {
        frame(data)
      } catch (error) {
        reject(error as Error)
      }
      if (messages.length > 0) resolve()
    })
    socket.once('close', () => reject(new Error('closed')))
  })
  socket.write(startTlsRequest)
  try {
    await limit(timeoutMs, answered)
    // Success: an extended response to our one message, with result code 0, and nothing behind it.
    const [answer] = messages
    if (messages.length !== 1 || whole !== answer!.length || !isSuccess(answer!)) throw new Error('refused')
  } catch (cause) {
    throw fault('tls', `The directory at ${where} does not begin TLS: allow StartTLS there and give it a certificate, or use LDAPS.`, cause)
  } finally {
    socket.removeAllListeners('data')
    socket.removeAllListeners('close')
    socket.pause()
  }
}

function isSuccess(message: Buffer): boolean {
  // Message id 1, extended response (0x78), enumerated 0; lengths in whatever form.
  const at = message.indexOf(Buffer.from([0x02, 0x01, 0x01, 0x78]))
  const result = message.indexOf(Buffer.from([0x0a, 0x01, 0x00]))
  return at > 0 && at <= 6 && result > at && result <= at + 9
}

/** What the library reads: whole messages of bounded size, one at a time. */
export function framed(socket: Socket): Duplex {
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => {
      socket.end()
      done()
    },
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  const frame = createFramer((message) => duplex.push(message))
  socket.on('data', (data: Buffer) => {
    try {
      frame(data)
    } catch (error) {
      duplex.destroy(error as Error)
    }
  })
  socket.on('error', (error) => duplex.destroy(error))
  socket.on('close', () => duplex.destroy())
  return duplex
}

function within(ms: number, socket: Socket, event: string): Promise<unknown> {
  return limit(ms, once(socket, event))
}

async function limit<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function codeOfCause(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'no answer'
}
