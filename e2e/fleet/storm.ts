import { randomBytes } from 'node:crypto'
import { get } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import { createPerson, type Person } from './console.ts'
import { sayAtTheDoor } from './evil.ts'

/** Everything at once that wants memory of a hub and of one of its hosts, until it is stopped. */
export interface Storm {
  /** What was answered how often: a status, or a code of the wire. */
  readonly heard: Readonly<Record<string, number>>
  stop(): Promise<void>
}

interface Where {
  /** Of the hub itself, past what cuts the links of hosts. */
  readonly httpsPort: number
  readonly owner: Person
  /** A host with the containers `loud`, which writes without end, and `quiet`. */
  readonly host: string
}

/** How many of each loop. */
const sizes = { readers: 30, pages: 12, held: 40, strangers: 8, bodies: 4, enemies: 6, shells: 8, commands: 3 }
const turnMs = 20_000

export function raise({ httpsPort, owner, host }: Where): Storm {
  const stopping = new AbortController()
  const heard: Record<string, number> = {}
  const count = (what: string | number) => void (heard[what] = (heard[what] ?? 0) + 1)
  const base = `https://127.0.0.1:${httpsPort}`
  /** Goes on after whatever is refused, and says what that was. */
  const loop = async (work: () => Promise<unknown>) => {
    while (!stopping.signal.aborted) {
      try {
        await work()
      } catch (error) {
        count((error as { code?: string }).code ?? String(error))
        await sleep(200)
      }
    }
  }
  const ask = async (path: string) => count((await owner.ask('GET', path)).status)
  const works: Record<keyof typeof sizes, (n: number) => Promise<unknown>> = {
    readers: () => readNothing(owner, host, stopping.signal),
    pages: (n) => ask(`/api/v1${pages[n % pages.length]!.replace(':host', host)}`),
    held: (n) => holdAnswer(`${base}/api/v1${lists[n % lists.length]}`, owner.cookie, stopping.signal).then(count),
    async strangers() {
      const body = { email: `${randomBytes(6).toString('hex')}@example.test`, password: 'four unrelated words' }
      count((await createPerson(base).ask('POST', '/api/v1/logins', { body })).status)
    },
    async bodies() {
      const answer = await owner.ask('POST', '/api/v1/invitations', { rawBody: `{"address":"${'x'.repeat(900_000)}"}` })
      count(answer.status)
    },
    async enemies(n) {
      count(
        await sayAtTheDoor(
          httpsPort,
          (socket) => socket.send(n % 2 === 0 ? Buffer.alloc(limits.messageBytes + 1) : randomBytes(4000)),
          5000,
        ),
      )
    },
    shells: () => flood(owner, host, stopping.signal),
    commands: () => shout(owner, host, count),
  }
  const loops = Object.entries(sizes).flatMap(([name, times]) =>
    Array.from({ length: times }, (_, n) => loop(() => works[name as keyof typeof sizes](n))),
  )
  return {
    heard,
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

const pages = [
  '/fleet/container?limit=200&sort=-cpu',
  '/fleet/container?limit=500&filter=state:ok',
  '/hosts',
  '/audit/export.csv',
  '/fleet/container?limit=500&offset=4000',
  '/audit?limit=200',
]
const lists = ['/fleet/container/watch', '/hosts/watch', '/audit/watch', '/audit/export.ndjson']

/** A console that opens a log and the fleet, takes one piece of each, and then nothing more for a while. */
async function readNothing(owner: Person, host: string, signal: AbortSignal): Promise<void> {
  const session = await owner.open()
  try {
    const log = session.onHost(host).containers.logs({ id: 'loud', tail: 1000 })[Symbol.asyncIterator]()
    const fleet = session.api.fleet.watch({ kind: 'container', limit: 200 })[Symbol.asyncIterator]()
    await Promise.all([log.next(), fleet.next()])
    await sleep(turnMs * Math.random(), undefined, { signal }).catch(() => undefined)
  } finally {
    session.close()
  }
}

/** Asks, and does not read what is answered. */
function holdAnswer(url: string, cookie: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = get(url, { rejectUnauthorized: false, headers: { Cookie: cookie, Origin: new URL(url).origin } }, (response) => {
      response.on('error', () => undefined)
      const over = () => {
        clearTimeout(timer)
        response.destroy()
        resolve(response.statusCode ?? 0)
      }
      const timer = setTimeout(over, turnMs * Math.random())
      signal.addEventListener('abort', over, { once: true })
    })
    call.on('error', reject)
  })
}

/** A terminal whose program writes without end, and whose viewer does not read. */
async function flood(owner: Person, host: string, signal: AbortSignal): Promise<void> {
  const session = await owner.open()
  try {
    const { terminals } = session.onHost(host)
    const { id } = await terminals.open({ container: 'quiet', command: ['yes', 'so much'] })
    const end = terminals.attach({ id })
    await end[Symbol.asyncIterator]().next()
    await sleep(turnMs * Math.random(), undefined, { signal }).catch(() => undefined)
    await terminals.close({ id })
  } finally {
    session.close()
  }
}

/** A command whose whole output is read. */
async function shout(owner: Person, host: string, count: (what: string) => void): Promise<void> {
  const session = await owner.open()
  try {
    let batches = 0
    for await (const _ of session.onHost(host).containers.exec({ id: 'quiet', command: ['head', '-c', '30000000', '/dev/zero'] })) batches++
    count(batches > 0 ? 'command' : 'command without output')
  } finally {
    session.close()
  }
}
