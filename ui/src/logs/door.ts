import { FairleadError } from '@fairlead/protocol/errors.ts'
import { ask, follow, openRaw } from '../api/api.ts'
import type { FeedDoor } from './feed.ts'
import { makeGate } from './gate.ts'
import type { SourceRef } from './sources.ts'

/** A clock that is off by less says nothing: the way of the first words was as long. */
const leastSkewMs = 2000

/** By how much a host's clock is ahead of the hub's; 0 when it is about right, or nobody knows. */
export async function skewOf(host: string): Promise<number> {
  const { clockSkewMs } = await ask('hosts.get', { host }).catch(() => ({ clockSkewMs: 0 }))
  return Math.abs(clockSkewMs) < leastSkewMs ? 0 : Math.round(clockSkewMs / 100) * 100
}

/** The way to one container's log through the hub. A page that nobody sees pulls nothing; the window then stops the host. */
export function openDoor({ host, id }: Pick<SourceRef, 'host' | 'id'>): FeedDoor {
  return {
    async open(input, signal) {
      const stream = await openRaw('containers.logs', { host, id, ...input }, { priority: 3 })
      if (signal.aborted) stream.reset('canceled')
      signal.addEventListener('abort', () => stream.reset('canceled'))
      return watched(stream, signal)
    },
    restarted: (sinceMs, signal) => restarted({ host, id }, sinceMs, signal),
    rest,
  }
}

/** The host says it as it happens: a container that ran for a moment only is not missed. */
async function restarted({ host, id }: Pick<SourceRef, 'host' | 'id'>, sinceMs: number, signal: AbortSignal): Promise<void> {
  const { id: whole, status } = await ask('containers.get', { host, id })
  if (status === 'running' || status === 'paused' || status === 'restarting') return
  for await (const event of follow('events.watch', { host, sinceMs }, signal)) {
    if (event.type !== 'container' || event.id !== whole) continue
    if (event.action === 'start') return
    if (event.action === 'destroy') throw new FairleadError('not_found', 'The container was removed.')
  }
}

async function* watched(stream: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const payload of stream) {
    while (document.hidden && !signal.aborted) await rest(250, signal)
    const began = performance.now()
    yield payload
    await gate.done(began)
  }
}

/** One for all logs of the page: they share its frames. A page that nobody sees has no frames, and takes no lines either. */
const gate = makeGate(
  () => performance.now(),
  () => new Promise((resolve) => requestAnimationFrame(resolve)),
)

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
