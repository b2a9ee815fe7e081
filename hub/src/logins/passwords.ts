import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { FairleadError } from '@fairlead/protocol/errors.ts'

const derive = promisify(argon2) as (algorithm: 'argon2id', parameters: object) => Promise<Buffer>
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const
const prefix = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$`

/** Two at a time: each takes 19 MiB and a thread of the pool; a queue beyond 32 is turned away, and of one source beyond 8. */
const most = { running: 2, waiting: 32, ofOne: 8 }

/** Whose work it is. */
export interface Lane {
  /** One that is turned away for what waits of it keeps no other out. */
  readonly source: string
  /** Of a login, or of a browser that its account signed in from: strangers are never in front of it, however many there are. */
  readonly known: boolean
}

interface Waiting {
  readonly source: string
  readonly go: () => void
}

let running = 0
const lanes: Readonly<Record<'known' | 'strangers', Waiting[]>> = { known: [], strangers: [] }

/** argon2id in the thread pool, as a PHC string. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await limited(() => derive('argon2id', { message: Buffer.from(password.normalize('NFC')), nonce, ...cost }))
  return `${prefix}${base64(nonce)}$${base64(tag)}`
}

const decoy = `${prefix}${base64(randomBytes(16))}$${base64(randomBytes(32))}`

/** `hash` undefined: nobody of that name. The same work is done, so that an answer takes as long. */
export async function checkPassword(password: string, hash: string | undefined, lane?: Lane): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash ?? decoy)
  if (match === null) throw new FairleadError('internal', 'A stored password hash cannot be read.')
  const [, memory, passes, parallelism, nonce, stored] = match
  const tag = Buffer.from(stored!, 'base64')
  const parameters = {
    message: Buffer.from(password.normalize('NFC')),
    nonce: Buffer.from(nonce!, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: tag.length,
  }
  const got = await limited(() => derive('argon2id', parameters), lane)
  return timingSafeEqual(got, tag) && hash !== undefined
}

async function limited<T>(work: () => Promise<T>, { source, known }: Lane = { source: '', known: false }): Promise<T> {
  if (running < most.running) running++
  else {
    const lane = lanes[known ? 'known' : 'strangers']
    const own = source === '' ? 0 : lane.filter((one) => one.source === source).length
    if (lane.length >= most.waiting || own >= most.ofOne)
      throw new FairleadError('rate_limited', 'Too many people are signing in at once; try again in a few seconds.')
    // Whoever ends hands its place over: nobody can slip in between.
    await new Promise<void>((go) => lane.push({ source, go }))
  }
  try {
    return await work()
  } finally {
    const next = lanes.known.shift() ?? lanes.strangers.shift()
    if (next === undefined) running--
    else next.go()
  }
}

/** Made with less work than is asked for today: to be made anew while the password is at hand. */
export function isOutdated(hash: string): boolean {
  return !hash.startsWith(prefix)
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
