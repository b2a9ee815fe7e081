import { spawn } from 'node:child_process'
import { createSecretKey, randomBytes, scrypt, type KeyObject } from 'node:crypto'
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { fingerprintOf } from './seal-record.ts'

/** Where the key encryption key comes from. A passphrase is a function: neither JSON nor a log line shows it. */
export type KekSource =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'command'
      readonly argv: readonly string[]
      readonly env: Readonly<Record<string, string | undefined>>
      readonly limitMs?: number
    }
  | { readonly kind: 'passphrase'; readonly passphrase: () => string }

export interface Kek {
  /** Its fingerprint, 16 bytes: what the database knows it by. */
  readonly id: Buffer
  readonly key: KeyObject
  readonly salt: Buffer | null
}

const keyBytes = 32
const mostBytes = 4096
const commandMs = 10_000
// OWASP's first choice for scrypt, 128 MiB for about half a second: once a start.
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 160 * 2 ** 20 }

/** Throws `invalid_input` with what mends it. `salt`: of a passphrase that the database knows; absent: a new one. */
export async function readKek(source: KekSource, salt?: Uint8Array): Promise<Kek> {
  if (source.kind === 'passphrase') return derive(source.passphrase(), salt ?? randomBytes(16))
  const bytes = source.kind === 'file' ? readPrivate(source.path) : await runCommand(source)
  return kekOf(parse(bytes, describe(source)), null)
}

/** How people know it. */
export function describe(source: KekSource): string {
  if (source.kind === 'file') return `the file ${source.path}`
  return source.kind === 'command' ? `what ${source.argv[0]} printed` : 'the passphrase'
}

/** A new key in a file of its own, on disk before anything is sealed with it. Never over another one. */
export function makeKekFile(path: string): void {
  if (existsSync(path)) return
  // Beside its place first: a file that has the name is whole.
  const fd = openSync(`${path}.new`, 'w', 0o600)
  writeSync(fd, `${randomBytes(keyBytes).toString('base64')}\n`)
  fsyncSync(fd)
  closeSync(fd)
  renameSync(`${path}.new`, path)
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

async function derive(passphrase: string, salt: Uint8Array): Promise<Kek> {
  const bytes = await new Promise<Buffer>((resolve, reject) =>
    scrypt(passphrase.normalize('NFKC'), salt, keyBytes, cost, (error, key) => (error === null ? resolve(key) : reject(error))),
  )
  return kekOf(bytes, Buffer.from(salt))
}

function kekOf(bytes: Buffer, salt: Buffer | null): Kek {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return { id: fingerprintOf(key), key, salt }
}

/** 32 bytes as they are, or in base64, base64url or hex. */
function parse(bytes: Buffer, what: string): Buffer {
  const text = bytes.toString('latin1').trim()
  // 16 bytes in hex are as long as a whole key, and half of one.
  if (bytes.length === keyBytes && !/^[\da-f]{32}$/i.test(text)) return bytes
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[\w+/-]{43}=?$/.test(text)) return Buffer.from(text, 'base64')
  throw new FairleadError(
    'invalid_input',
    `The key encryption key must be 32 bytes, as they are, in base64 or in hex; ${what} is something else. Make one with "openssl rand -base64 32".`,
  )
}

function readPrivate(path: string): Buffer {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'is not there; put it back from your copy' : `cannot be read (${code}); give it to the hub’s account`
    throw new FairleadError('invalid_input', `The file of the key encryption key, ${path}, ${why}.`, { cause })
  }
  try {
    const { mode } = fstatSync(fd)
    if ((mode & 0o077) !== 0)
      throw new FairleadError(
        'invalid_input',
        `The file of the key encryption key, ${path}, is open to other accounts (mode ${(mode & 0o777).toString(8)}); run "chmod 600 ${path}".`,
      )
    const bytes = Buffer.alloc(mostBytes)
    return bytes.subarray(0, readSync(fd, bytes))
  } finally {
    closeSync(fd)
  }
}

/** A key store's own program. What it prints is the key: none of it is repeated, whatever goes wrong. */
function runCommand({ argv, env, limitMs = commandMs }: Extract<KekSource, { kind: 'command' }>): Promise<Buffer> {
  const [file, ...args] = argv
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) =>
      reject(
        new FairleadError(
          'invalid_input',
          `FAIRLEAD_KEK_COMMAND gave no key encryption key: ${file} ${why}. Run it by hand as the hub’s account.`,
          { cause },
        ),
      )
    const child = spawn(file!, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    let bytes = Buffer.alloc(0)
    let why: string | undefined
    const end = (reason: string) => {
      why ??= reason
      child.kill('SIGKILL')
      // Whoever else holds its output open is not waited for.
      child.stdout.destroy()
    }
    const late = setTimeout(() => end(`took longer than ${limitMs / 1000} s`), limitMs)
    child.stdout.on('data', (part: Buffer) => {
      bytes = Buffer.concat([bytes, part])
      if (bytes.length > mostBytes) end(`printed more than ${mostBytes} bytes`)
    })
    child.once('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(late)
      fail(`cannot be run (${cause.code})`, cause)
    })
    child.once('close', (code, signal) => {
      clearTimeout(late)
      if (why !== undefined || code !== 0) return fail(why ?? `ended with ${code ?? signal}`)
      resolve(bytes)
    })
  })
}
