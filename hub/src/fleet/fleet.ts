import { randomBytes } from 'node:crypto'
import os from 'node:os'
import type { Contract } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import { decodeValue } from '@fairlead/protocol/wire/codec.ts'
import { hubTimeFrom, notAfter } from '@fairlead/protocol/wire/hub-time.ts'
import { openClient, type Clients } from '@fairlead/protocol/wire/rpc.ts'
import type { Session } from '@fairlead/protocol/wire/session.ts'

/** A client for each feature of an agent. */
export type HostClients = Clients<typeof agentFeatures>

/** A host whose agent is known; online while it has a session. */
export interface LiveHost {
  readonly id: string
  readonly organization: string
  name: string
  /** Its public key, in hex. */
  key: string
  session: Session | undefined
  /** The last one, ended: streams that were open on it wait there. */
  ended: Session | undefined
  bootId: string
  lastSeenMs: number
  lastLoss: string
  /** What its agent serves. */
  features: readonly string[]
  /** Its clock less the hub's, when it connected. */
  clockSkewMs: number
  /** The hub's clock as its agent knows it: until when something may begin is said by it. */
  hubNowMs: () => number
  /** A second copy of its key was seen: nothing that changes anything goes there. */
  quarantined: boolean
  readonly clients: HostClients
}

type Attached = Pick<LiveHost, 'id' | 'organization' | 'name' | 'bootId' | 'features' | 'clockSkewMs' | 'quarantined'> &
  Partial<Pick<LiveHost, 'hubNowMs' | 'key'>>

/** Every live link, by host. */
export interface Fleet {
  /** What a host's agent answers. Throws `host_offline` when it has no link now. */
  onHost(id: string): HostClients
  find(id: string): LiveHost | undefined
  attach(host: Attached, session: Session): LiveHost
  /** Ends what runs there; it comes back to be looked at, and nothing more. */
  quarantine(id: string): void
  detach(id: string, session: Session, reason: string): void
  /** Ends the link at once; it never attaches again, though its handshake be under way. */
  expel(id: string, code: number, reason: string): void
  /** The same of one key, which was replaced by another: what is open by it ends, and the host comes back under the new one. */
  retire(id: string, key: string, code: number, reason: string): void
  wasExpelled(id: string, key?: string): boolean
  onAttach(listener: (host: LiveHost) => void): void
  onDetach(listener: (host: LiveHost) => void): void
  /** Something else about a live host is different now. */
  onChange(listener: (host: LiveHost) => void): void
  readonly online: number
  all(): readonly LiveHost[]
  closeAll(): void
}

type Told = (host: LiveHost) => void

/** `held`: why nothing that changes anything may go to any host now. */
export function openFleet(held: () => string | undefined = () => undefined): Fleet {
  const hosts = new Map<string, LiveHost>()
  const [expelled, retired, quarantined] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const [attached, detached, changed]: [Told[], Told[], Told[]] = [[], [], []]

  return {
    onHost(id) {
      const host = hosts.get(id)
      if (host === undefined) throw new FairleadError('host_offline', 'This host has not connected since the hub started.')
      live(host, held)
      return host.clients
    },
    find: (id) => hosts.get(id),
    attach({ id, organization, name, ...said }, session) {
      // It may have begun while it was on its way in.
      const now = { hubNowMs: hubClock(Date.now()), key: '', ...said, quarantined: said.quarantined || quarantined.has(id) }
      const host = hosts.get(id) ?? makeHost({ id, organization, name }, held)
      hosts.set(id, host)
      const before = host.session
      host.session = session
      Object.assign(host, { name, ...now })
      host.lastSeenMs = Date.now()
      // The new link is whole before the old one goes: nothing in between finds no link.
      before?.goaway('replaced', 0, 60_000)
      before?.close(1000, 'replaced')
      const ended = before ?? host.ended
      // It may be the other one that is here now: what somebody typed to the first does not go on.
      if (now.quarantined) ended?.close(1000, 'quarantined')
      else if (ended !== undefined) session.takeOver(ended)
      host.ended = undefined
      for (const listener of attached) listener(host)
      return host
    },
    quarantine(id) {
      quarantined.add(id)
      const host = hosts.get(id)
      if (host === undefined) return
      endAll(host)
      for (const listener of changed) listener(host)
    },
    detach(id, session, reason) {
      const host = hosts.get(id)
      if (host === undefined || host.session !== session) return
      host.session = undefined
      host.ended = session
      host.lastSeenMs = Date.now()
      host.lastLoss = reason
      for (const listener of detached) listener(host)
    },
    expel(id, code, reason) {
      expelled.add(id)
      cutOff(hosts.get(id), code, reason)
      hosts.delete(id)
    },
    retire(id, key, code, reason) {
      retired.add(key)
      const host = hosts.get(id)
      // The one that is here now has another one already.
      if (!retired.has(host?.key ?? key)) return
      quarantined.delete(id)
      cutOff(host, code, reason)
      hosts.delete(id)
    },
    wasExpelled: (id, key) => expelled.has(id) || (key !== undefined && retired.has(key)),
    onAttach: (listener) => void attached.push(listener),
    onDetach: (listener) => void detached.push(listener),
    onChange: (listener) => void changed.push(listener),
    get online() {
      return [...hosts.values()].filter(({ session }) => session !== undefined).length
    },
    all: () => [...hosts.values()],
    closeAll: () => closeAll([...hosts.values()]),
  }
}

function closeAll(hosts: readonly LiveHost[]): void {
  // Not all at once: each is told when to come back.
  const spreadMs = Math.max(2000, hosts.length * 3)
  for (const { session } of hosts) {
    session?.goaway('draining', Math.round(Math.random() * spreadMs), 60_000)
    session?.close(1001, 'the hub stops')
  }
}

/** Nothing of it goes on: what waits for its next link ends, too. */
function cutOff(host: LiveHost | undefined, code: number, reason: string): void {
  host?.session?.close(code, reason)
  host?.ended?.close(code, reason)
}

const asking = { decodeReply: decodeValue, randomBytes: (count: number) => randomBytes(count) }

function makeHost({ id, organization, name }: Pick<LiveHost, 'id' | 'organization' | 'name'>, held: () => string | undefined): LiveHost {
  const host: LiveHost = {
    id,
    organization,
    name,
    key: '',
    session: undefined,
    ended: undefined,
    bootId: '',
    lastSeenMs: 0,
    lastLoss: '',
    features: [],
    clockSkewMs: 0,
    hubNowMs: Date.now,
    quarantined: false,
    clients: openClient(() => live(host, held), agentFeatures, asking),
  }
  return host
}

function endAll(host: LiveHost): void {
  host.quarantined = true
  host.session?.close(1000, 'quarantined')
  host.ended?.close(1000, 'quarantined')
}

function live(host: LiveHost, held: () => string | undefined): Pick<Session, 'open'> {
  if (host.session?.alive === true) {
    const why = host.quarantined ? quarantinedWords(host.name) : held()
    return why === undefined ? dated(host, host.session) : readingOnly(why, host.session)
  }
  const minutes = Math.round((Date.now() - host.lastSeenMs) / 60_000)
  throw new FairleadError(
    'host_offline',
    `Host ${host.name} is offline; last seen ${minutes < 1 ? 'less than a minute' : `${minutes} min`} ago.`,
  )
}

function quarantinedWords(name: string): string {
  return `Host ${name} is quarantined: a second copy of its key is in use. Enrol the machine that is to stay anew, with a line from the page of this host.`
}

/** Whatever asks, a page or a job of the hub: only what changes nothing reaches one of two that hold the same key, or a host of two hubs. */
function readingOnly(why: string, session: Session): Pick<Session, 'open'> {
  return {
    open(method, params, meta) {
      if (!changes(method)) return session.open(method, params, meta)
      throw new FairleadError('conflict', why)
    },
  }
}

/** Nothing begins late on a host: whatever changes something says until when it may, though it waited on its way. */
function dated(host: LiveHost, session: Session): Pick<Session, 'open'> {
  return {
    open: (method, params, meta = {}) =>
      session.open(method, params, changes(method) ? { ...meta, notAfterMs: notAfter(host.hubNowMs(), meta.deadlineMs) } : meta),
  }
}

/** What nobody here knows may do anything. */
function changes(method: string): boolean {
  const [feature = '', verb = ''] = method.split('.', 2)
  const found = (agentFeatures as Readonly<Record<string, Contract>>)[feature]?.[verb]
  return found === undefined || found.kind === 'duplex' || found.options.mutates === true
}

/** From the ms that a welcome said. It goes on while this machine sleeps, and is set by nobody. */
export function hubClock(welcomeMs: number): () => number {
  return hubTimeFrom(welcomeMs, () => os.uptime() * 1000)
}
