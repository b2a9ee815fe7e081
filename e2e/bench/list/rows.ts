import type { BenchConsole } from './console.ts'
import { sleep, wallMs } from '../measure/numbers.ts'

const pageRows = 200
/** A console may ask 50 times a second; so does this one, nearly. */
const pauseMs = 30

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await run()
  return performance.now() - startMs
}

/** Pages of 200 rows at any place, in the orders that people use; ms of each. */
export async function timePages({ api }: BenchConsole, containers: number, times: number): Promise<number[]> {
  const sorts = [['name'], ['host', 'name'], ['-cpu'], ['state', 'name'], ['-memory']]
  const found: number[] = []
  for (let n = 0; n < times; n++) {
    const offset = Math.max(0, Math.floor(Math.random() * (containers - pageRows)))
    found.push(await timed(() => api.fleet.rows({ kind: 'container', sort: sorts[n % sorts.length]!, offset, limit: pageRows })))
    await sleep(pauseMs)
  }
  return found
}

/** The filter bar while somebody types: each text is new to the hub. ms of each. */
export async function timeSearches({ api }: BenchConsole, times: number): Promise<number[]> {
  const words = [
    'shop-web',
    'postgres',
    'host-0001',
    'state:off',
    'image:nginx*',
    'stack:mail status:running',
    'worker -stack:ci',
    'billing',
  ]
  const found: number[] = []
  for (let n = 0; n < times; n++) {
    const filter = `${words[n % words.length]!} ${n < words.length ? '' : `-name:absent-${n}`}`.trim()
    found.push(await timed(() => api.fleet.rows({ kind: 'container', filter, limit: pageRows })))
    await sleep(pauseMs)
  }
  return found
}

/** The palette. ms of each. */
export async function timeFinds({ api }: BenchConsole, times: number): Promise<number[]> {
  const texts = ['shop', 'post', 'host-00012', 'redis', 'worker-7', 'absent']
  const found: number[] = []
  for (let n = 0; n < times; n++) {
    found.push(await timed(() => api.fleet.find({ text: texts[n % texts.length]! })))
    await sleep(pauseMs)
  }
  return found
}

/** The first page of a live list: bytes a row on the wire, and until it was whole, ms. */
export async function openLive(console: BenchConsole): Promise<{ readonly bytesPerRow: number; readonly ms: number }> {
  const [startMs, startBytes] = [performance.now(), console.bytesRead]
  let rows = 0
  for await (const patch of console.api.fleet.watch({ kind: 'container', limit: pageRows })) {
    rows += patch.page?.rows.length ?? 0
    if (patch.page?.done === true) break
  }
  return { bytesPerRow: (console.bytesRead - startBytes) / rows, ms: performance.now() - startMs }
}

/** From the moment a host says it to the moment a live list that shows it has it, ms of each. */
export async function timeChanges(console: BenchConsole, change: (token: string) => Promise<number>, times: number): Promise<number[]> {
  const waiting = new Map<string, (atMs: number) => void>()
  const left = new AbortController()
  const watching = (async () => {
    // Only rows that changed match: the list shows each change as a row that comes.
    for await (const patch of console.api.fleet.watch(
      { kind: 'container', filter: 'token:changed-*', limit: pageRows },
      { signal: left.signal },
    )) {
      const atMs = wallMs()
      for (const { facts } of [...(patch.page?.rows ?? []), ...patch.set]) waiting.get(String(facts['token']))?.(atMs)
    }
  })().catch(() => undefined)
  await sleep(500)
  const found: number[] = []
  for (let n = 0; n < times; n++) {
    const token = `changed-${n}`
    const seen = new Promise<number>((resolve, reject) => {
      waiting.set(token, resolve)
      setTimeout(() => reject(new Error(`the change "${token}" was not seen within 10 s`)), 10_000).unref()
    })
    const leftMs = await change(token)
    found.push((await seen) - leftMs)
    await sleep(pauseMs + Math.random() * 40)
  }
  left.abort()
  await watching
  return found
}
