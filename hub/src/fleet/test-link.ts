import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { pair } from '@fairlead/protocol/wire/pair.ts'
import { openSession, type WireStream } from '@fairlead/protocol/wire/session.ts'
import type { Fleet, LiveHost } from './fleet.ts'

type Named = Pick<LiveHost, 'id' | 'organization' | 'name' | 'features'>

/** A made-up host comes to a fleet, over real sessions on a simulated link. What it gives cuts that link. */
export function linkTo(fleet: Fleet, host: Named, onOpen: (stream: WireStream) => void): () => void {
  const { left, right, cut } = pair()
  const agent = openSession(left, { side: 'agent', codec: msgpackCodec, clock: systemClock, onOpen })
  const session = openSession(right, {
    side: 'hub',
    codec: msgpackCodec,
    clock: systemClock,
    onOpen: (stream) => stream.reset('unsupported'),
    onClose: () => fleet.detach(host.id, session, 'lost'),
  })
  const { id, organization, name, features } = host
  fleet.attach({ id, organization, name, features, bootId: 'b', clockSkewMs: 0, quarantined: false }, session)
  return () => {
    cut()
    agent.close(1000, 'gone')
    session.close(1000, 'gone')
  }
}

/** What a made-up host says of itself: what is so now, and again after each `tell`. */
export function createTold<T>(now: () => T): { tell(): void; watch(signal: AbortSignal): AsyncGenerator<T> } {
  const listeners = new Set<() => void>()
  return {
    tell() {
      for (const wake of listeners) wake()
    },
    async *watch(signal) {
      let wake = Promise.withResolvers<void>()
      const tell = () => wake.resolve()
      listeners.add(tell)
      signal.addEventListener('abort', tell)
      while (!signal.aborted) {
        wake = Promise.withResolvers()
        yield now()
        await wake.promise
      }
      listeners.delete(tell)
    },
  }
}
