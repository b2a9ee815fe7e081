// The hub's process: the real listeners, handshake and sessions; asks its one host over the link, and the engine directly.
import { createHash, randomBytes } from 'node:crypto'
import { fromBase64Url, toBase64Url } from '@fairlead/protocol/join.ts'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { decodeValue } from '@fairlead/protocol/wire/codec.ts'
import { openClient } from '@fairlead/protocol/wire/rpc.ts'
import type { Session } from '@fairlead/protocol/wire/session.ts'
import { StreamImpl } from '@fairlead/protocol/wire/stream.ts'
import type { LiveHost } from '@fairlead/hub/fleet/fleet.ts'
import { openBare } from '../fleet/open-bare.ts'
import { answerParent } from '../measure/ask.ts'
import { sleep } from '../measure/numbers.ts'
import { bigFile, linkFeatures } from './contract.ts'
import { openDirect, type Direct } from './direct.ts'
import { openEcho, timeKeys, type Way } from './echo.ts'

let host: LiveHost | undefined
let direct: Direct
/** The same questions through a relay in the agent's process: the floor of any link. */
let relayed: Direct
/** A hub runs for weeks: how code runs the first few times is not what is measured. */
const warmUp = 1000
const bulk = { bytes: 0, stop: new AbortController() }

const options = { decodeReply: decodeValue, randomBytes: (count: number) => randomBytes(count) }
const { linkBench } = openClient(() => live(), linkFeatures, options)

function live(): Session {
  if (host?.session?.alive !== true) throw new Error('the agent is not connected')
  return host.session
}

async function connected(): Promise<void> {
  for (let n = 0; n < 3000 && host?.session?.alive !== true; n++) await sleep(10)
  live()
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const readLog = (id: string) => host!.clients.containers.logs({ id, follow: false, tail: -1 }, { lent: true })

async function drain(items: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const item of items) bytes += item.length
  return bytes
}

/** What the turn before left behind is collected before, not within: direct and link make very different amounts of it. */
async function measured(run: () => Promise<number>): Promise<{ bytes: number; ms: number; cpuMs: number }> {
  globalThis.gc?.()
  const [startMs, startCpu] = [performance.now(), cpuMs()]
  const bytes = await run()
  return { bytes, ms: performance.now() - startMs, cpuMs: cpuMs() - startCpu }
}

answerParent({
  async listen(input: { keys: string[]; neverSeal: boolean; engine: string; address: string }) {
    const { keys, neverSeal, address } = input
    direct = openDirect({ socketPath: input.engine })
    const bare = await openBare({ keys: keys.map(fromBase64Url), neverSeal, follow: false, address })
    bare.fleet.onAttach((attached) => (host = attached))
    return { httpPort: bare.httpPort, httpsPort: bare.httpsPort, hubKey: toBase64Url(bare.hubKey) }
  },
  connected,
  relay: ({ port }: { port: number }): void => void (relayed = openDirect({ host: '127.0.0.1', port })),

  /** Call by call in turn, ms of each. */
  async list({ times }: { times: number }) {
    const ways = {
      direct: () => direct.json('/containers/json?all=1'),
      relay: () => relayed.json('/containers/json?all=1'),
      link: () => host!.clients.containers.list({}),
    }
    const found = { direct: [] as number[], relay: [] as number[], link: [] as number[] }
    for (let n = 0; n < times + warmUp; n++)
      for (const way of ['direct', 'relay', 'link'] as const) {
        const startMs = performance.now()
        await ways[way]()
        if (n >= warmUp) found[way].push(performance.now() - startMs)
      }
    return found
  },

  logsDirect: ({ id }: { id: string }) => measured(() => direct.read(`/containers/${id}/logs?stdout=1&stderr=1&timestamps=1&tail=all`)),
  logsLink: ({ id }: { id: string }) => measured(() => drain(readLog(id))),
  archiveRelay: ({ id }: { id: string }) => measured(() => relayed.read(`/containers/${id}/archive?path=${bigFile}`)),
  archiveDirect: ({ id }: { id: string }) => measured(() => direct.read(`/containers/${id}/archive?path=${bigFile}`)),
  archiveLink: ({ id }: { id: string }) => measured(() => drain(linkBench.archive({ id }, { lent: true }))),
  async archiveHash({ id }: { id: string }): Promise<string> {
    const hash = createHash('sha256')
    await direct.read(`/containers/${id}/archive?path=${bigFile}`, (part) => hash.update(part))
    return hash.digest('hex')
  },

  /** Saturates the link until `bulkStop`, out of the agent's memory: an engine reads one file of a container at a time. */
  bulkStart({ streams }: { streams: number }): void {
    bulk.stop = new AbortController()
    const { signal } = bulk.stop
    for (let n = 0; n < streams; n++)
      void (async () => {
        while (!signal.aborted) for await (const part of linkBench.flood({}, { signal })) bulk.bytes += part.length
      })().catch((error: unknown) => signal.aborted || console.error('bulk:', error))
  },
  bulkStop: (): void => bulk.stop.abort(),
  bulkBytes: () => ({ bytes: bulk.bytes, atMs: performance.now() }),

  async keys({ id, count, pauseMs, ways }: { id: string; count: number; pauseMs: number; ways: Way[] }) {
    const echoes = await Promise.all(ways.map((way) => openEcho(way, { host: host!, direct, relayed, id })))
    try {
      return await timeKeys(echoes, count, pauseMs)
    } finally {
      for (const echo of echoes) echo.close()
    }
  },

  /** Reads the whole archive, through as many losses of the link as there are. */
  async archiveThroughCuts({ id }: { id: string }): Promise<{ sha256: string; bytes: number; ms: number; opened: number }> {
    const [hash, resumeKey, startMs] = [createHash('sha256'), randomBytes(16), performance.now()]
    let [bytes, opened] = [0, 0]
    for (;;) {
      await connected()
      const meta = { priority: 3, resumeKey, ...(opened === 0 ? {} : { resumeAt: bytes }) } as const
      try {
        const stream = live().open('linkBench.archive', { id }, meta)
        opened++
        for await (const part of stream) {
          hash.update(part)
          bytes += part.length
        }
        return { sha256: hash.digest('hex'), bytes, ms: performance.now() - startMs, opened }
      } catch (error) {
        if (!['lost', 'refused'].includes(codeOf(error))) throw error
      }
    }
  },

  /** Opens streams that nobody reads; answers what each has received after a while. */
  async stall({ streams }: { streams: number }): Promise<number[]> {
    const opened = Array.from({ length: streams }, () => live().open('linkBench.flood', {}, { priority: 3 }))
    await sleep(2000)
    stalled.push(...opened)
    return opened.map((stream) => (stream instanceof StreamImpl ? stream.receivedBytes : 0))
  },
  unstall(): void {
    for (const stream of stalled.splice(0)) stream.reset('canceled')
  },
})
const stalled: ReturnType<Session['open']>[] = []
process.once('SIGTERM', () => process.exit(0))
