import { createHash } from 'node:crypto'
import * as zlib from 'node:zlib'
import type { Endpoint } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { jsonCodec } from '@fairlead/protocol/wire/json-codec.ts'
import { nodePacking } from '@fairlead/protocol/wire/pack-node.ts'
import { serveFeatures } from '@fairlead/protocol/wire/rpc.ts'
import { openSession, type Session, type WireStream } from '@fairlead/protocol/wire/session.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import { closeCodes } from '@fairlead/protocol/hello.ts'
import { rightsChanged } from '@fairlead/protocol/rights-changed.ts'
import type { Caller, HubContext } from './access.ts'
import { keyOf } from './key.ts'
import { createHeld, rates } from './rates.ts'
import { newTrace, type Admitted, type Doors } from './serve.ts'

/** Live sessions of consoles; each message is judged on its own. */
export interface Consoles {
  open(transport: Transport, caller: Caller, findAgain: () => Promise<Caller | undefined>): void
  /** Ends every session of a login. `renewed`: it goes on under another token, and its console comes back with that. */
  end(login: string, renewed?: boolean): void
  /** What accounts of an organization may do has changed: a console whose account is concerned comes back at once, and is judged anew. */
  judgeAgain(organization: string): void
  /** Nothing new is taken; each console is told when to come back. What runs goes on. */
  goaway(): void
  closeAll(): void
  readonly count: number
}

interface Open {
  readonly login: string
  readonly organization: string
  readonly recheck: () => Promise<void>
}

const recheckMs = 30_000
const packing = nodePacking(zlib)

export function openConsoles(doors: Doors): Consoles {
  const sessions = new Map<Session, Open>()
  const held = createHeld('console sessions', rates.sessions)

  return {
    open(transport, caller, findAgain) {
      const serve = serveDoors(doors, caller, findAgain)
      let release: () => void
      try {
        release = held.open({ login: caller.login })
      } catch (error) {
        return transport.close(closeCodes.rate, (error as Error).message)
      }
      const session = openSession(transport, {
        side: 'hub',
        codec: jsonCodec,
        clock: systemClock,
        packing,
        onOpen: serve,
        onClose: () => {
          clearInterval(timer)
          release()
          sessions.delete(session)
        },
      })
      // A login that ran out ends its open streams too.
      const recheck = async () => {
        // A database that does not answer ends nobody's login.
        const now = await findAgain().catch(() => caller)
        if (now === undefined) session.close(4401, 'login ended')
        else if (now.rights.key !== caller.rights.key) session.close(rightsChanged, 'what this login may do has changed')
      }
      sessions.set(session, { login: caller.login, organization: caller.organization, recheck })
      const timer = setInterval(() => void recheck(), recheckMs).unref()
    },
    end(login, renewed) {
      for (const [session, { login: own }] of sessions)
        if (own === login) session.close(renewed === true ? rightsChanged : 4401, 'this login ended, or has another token')
    },
    judgeAgain(organization) {
      for (const { organization: own, recheck } of sessions.values()) if (own === organization) void recheck()
    },
    goaway() {
      for (const session of sessions.keys()) session.goaway('draining', Math.round(1000 + Math.random() * 2000), 60_000)
    },
    closeAll() {
      for (const session of sessions.keys()) session.close(1001, 'the hub stops')
    },
    get count() {
      return sessions.size
    },
  }
}

function refuseCookie(): void {
  throw new FairleadError('unsupported', 'Signing in goes over HTTP.')
}

const noCookies = {
  cookie: { set: refuseCookie, clear: () => undefined, fixed: true },
  device: { shown: undefined, set: refuseCookie },
  door: { secure: true, insecureReason: '', secureUrl: '' },
}

/** Each question is judged by what its asker may do at that moment. */
function serveDoors(doors: Doors, caller: Caller, findAgain: () => Promise<Caller | undefined>) {
  const admitted = new WeakMap<WireStream, Admitted>()
  return serveFeatures(doors.features, doors.handlers as never, {
    ownKey: (key, added) => keyOf(added as HubContext, key),
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    async context(stream, endpoint, name) {
      const about = { ip: caller.ip, userAgent: caller.userAgent, trace: newTrace() }
      const params = typeof stream.params === 'object' && stream.params !== null ? (stream.params as Record<string, unknown>) : {}
      const now = await findAgain()
      if (now === undefined) throw new FairleadError('unauthenticated', 'Your login has ended; sign in again.')
      const admission = await doors.admit({ name, endpoint: endpoint as Endpoint, caller: now, params, about })
      admitted.set(stream, admission)
      return {
        ...admission.context,
        trace: about.trace,
        ...(stream.meta.idempotencyKey === undefined ? {} : { key: keyOf(admission.context, stream.meta.idempotencyKey) }),
        ...noCookies,
      }
    },
    async settle(stream, ms) {
      const admission = admitted.get(stream)
      admitted.delete(stream)
      await admission?.done(undefined, ms)
    },
    onDone: (_name, stream, ms, error) => void admitted.get(stream)?.done(error, ms),
  })
}
