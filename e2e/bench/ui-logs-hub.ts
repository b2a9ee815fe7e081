// A hub with one container that writes as fast as it is told to.
import { encodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'
import type { WireStream } from '@fairlead/protocol/wire/session.ts'
import { startPageHub, type PageHub } from './ui-hub.ts'

export const container = 'abcdef012345'
const row = {
  id: container,
  name: 'flood',
  kind: 'container',
  host: 'h1',
  hostName: 'bench',
  state: 'ok',
  status: 'running',
  detail: '',
  tags: [],
  links: [],
  facts: {},
  createdMs: 0,
}
const totals = { all: 1, matching: 1, states: {}, stale: 0, cpu: 0, memoryBytes: 0, offlineHosts: [] }

/** 200 lines in one batch, of about 85 bytes each, at the times that follow. */
function makeBatch(firstLine: number): Uint8Array {
  const count = 200
  const parts = Array.from({ length: count }, (_, i) => {
    const n = firstLine + i
    const level = n % 97 === 0 ? 'error' : n % 23 === 0 ? 'warn' : 'info'
    return Buffer.from(`level=${level} request=${n} method=GET path=/orders/${n % 5000} status=200 ms=${(n * 7) % 300} served`)
  })
  return encodeLogLines({
    count,
    times: Float64Array.from(parts, (_, i) => 1_790_000_000_000 + (firstLine + i) / 10),
    sources: new Uint8Array(count),
    levels: new Uint8Array(count).fill(3),
    lengths: Uint32Array.from(parts, ({ length }) => length),
    text: Buffer.concat(parts),
  })
}

interface FloodHub extends PageHub {
  /** Writes so many lines, 2,000 each 1/60 s at most, as the console takes them. Answers how long that took, ms. */
  flood(lines: number): Promise<number>
}

export async function startFloodHub(): Promise<FloodHub> {
  let log: WireStream | undefined
  let written = 0
  const hub = await startPageHub([], (stream) => {
    if (stream.method === 'containers.logs') {
      stream.head({ mode: 'items' })
      log = stream
    } else if (stream.method === 'fleet.rows') stream.reply({ rows: [row], offset: 0, totals, cursor: '' })
    else stream.reset('not_found', 'There is only one log here.')
  })

  return {
    ...hub,
    async flood(lines) {
      // Written down beforehand: making lines is no work of the console's, and takes from the same two cores.
      const batches = Array.from({ length: lines / 200 }, (_, i) => makeBatch(written + 200 * i))
      written += lines
      while (log === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
      const firstMs = performance.now()
      let dueMs = firstMs
      while (batches.length > 0) {
        for (const batch of batches.splice(0, 10)) await log.write(batch)
        // By the clock of the frames: a timer alone is always a little late.
        dueMs = Math.max(dueMs + 1000 / 60, performance.now() - 1000 / 60)
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
      }
      return performance.now() - firstMs
    },
  }
}
