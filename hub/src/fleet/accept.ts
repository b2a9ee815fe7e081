import { createHash, randomUUID } from 'node:crypto'
import * as crypto from 'node:crypto'
import { closeCodes, chooseVersion, Hello, type Welcome } from '@fairlead/protocol/hello.ts'
import { codeOf, codes, FairleadError } from '@fairlead/protocol/errors.ts'
import { fromBase64Url } from '@fairlead/protocol/join.ts'
import { respond } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { decodeValue, encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { openSession } from '@fairlead/protocol/wire/session.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import type { Fleet } from './fleet.ts'

const suite = nodeSuite(crypto)
const mostHandshakes = 200

export interface AcceptDeps {
  readonly db: Database
  readonly audits: Audits
  readonly fleet: Fleet
  readonly identity: Identity
  readonly log: Log
  /** Told of each step of an invitation, for the live checklist. */
  readonly onStep: (
    invitation: string,
    step: { step: 'contacted' | 'identity' | 'clock'; state: 'ok' | 'warn' | 'failed'; detail: string; host?: string; hostName?: string },
  ) => void
}

interface Known {
  readonly id: string
  readonly organization: string
  readonly name: string
}

/** Lets an agent in: handshake, who it is (or its invitation), welcome, session. */
export function createAccept({ db, audits, fleet, identity, log, onStep }: AcceptDeps) {
  let inFlight = 0

  async function accept(transport: Transport, exporter: Uint8Array | undefined, ip: string): Promise<void> {
    const secured = await respond(transport, { suite, clock: systemClock, identity, exporter })
    const parsed = Hello.safeParse(decodeValue(secured.payload))
    if (!parsed.success) throw refusal(closeCodes.notWelcome, 'the hello does not fit')
    const hello = parsed.data
    const version = chooseVersion(hello.v)
    if (version === undefined) throw refusal(closeCodes.version, 'this hub speaks version 1')
    const known = hello.join === undefined ? await findHost(secured.peerKey) : await join(hello, secured.peerKey, ip)
    const other = fleet.find(known.id)
    if (other?.session?.alive === true && other.bootId !== hello.bootId)
      log('warn', 'a second agent with the same key', { host: known.id, ip })
    const welcome: Welcome = {
      v: version,
      host: known.id,
      organization: known.organization,
      heartbeatMs: 15_000,
      resumeForMs: 60_000,
      smearMs: Math.max(5000, fleet.online * 3),
      nowMs: Date.now(),
    }
    secured.transport.send(encodeValue(welcome))
    const session = openSession(secured.transport, {
      side: 'hub',
      codec: msgpackCodec,
      clock: systemClock,
      onOpen: (stream) => stream.reset('unsupported'),
      onClose: ({ code, reason }) => {
        fleet.detach(known.id, session, `${code} ${reason}`.trim())
        log('info', 'host offline', { host: known.id, code, reason })
      },
    })
    fleet.attach({ ...known, bootId: hello.bootId }, session)
    log('info', 'host online', { host: known.id, name: known.name, ip, sealed: !secured.tlsEndToEnd })
  }

  async function findHost(key: Uint8Array): Promise<Known> {
    const [row] = await db.tx(
      { hostKey: key },
      (sql) =>
        sql<
          { id: string; organization_id: string; name: string; revoked_at: Date | null }[]
        >`SELECT id, organization_id, name, revoked_at FROM hosts WHERE public_key = ${Buffer.from(key)}`,
    )
    if (row === undefined) throw refusal(closeCodes.notWelcome, 'this host is not enrolled here')
    if (row.revoked_at !== null) throw refusal(closeCodes.revoked, 'revoked')
    return { id: row.id, organization: row.organization_id, name: row.name }
  }

  /** One statement decides who wins an invitation; the key is stored in the same transaction. */
  async function join({ join: shown, hostname, clockMs }: Hello, key: Uint8Array, ip: string): Promise<Known> {
    const secret = createHash('sha256').update(fromBase64Url(shown!.secret)).digest()
    const found = await db.tx(
      { secret },
      (sql) =>
        sql<
          { organization_id: string; id: string }[]
        >`SELECT organization_id, id FROM invitations WHERE secret_hash = ${secret} AND id = ${shown!.tokenId}`,
    )
    const organization = found[0]?.organization_id
    if (organization === undefined) throw refusal(closeCodes.notWelcome, 'this join string is unknown; copy a new line from the console')
    onStep(shown!.tokenId, { step: 'contacted', state: 'ok', detail: ip })
    const again = await welcomedBefore(organization, shown!.tokenId, key)
    if (again !== undefined) return again
    const id = randomUUID()
    const name = await db.tx({ organization }, async (sql) => {
      if (await isEnrolled(sql, key)) throw refusal(closeCodes.notWelcome, 'this key is enrolled here already')
      const [won] = await sql<{ environment_id: string; tags: string[] }[]>`UPDATE invitations SET used_at = now(), host_id = ${id}
        WHERE id = ${shown!.tokenId} AND used_at IS NULL AND canceled_at IS NULL AND expires_at > now() AND (hostname IS NULL OR hostname = ${hostname}) RETURNING environment_id, tags`
      if (won === undefined) return undefined
      const free = await freeName(sql, hostname)
      await sql`INSERT INTO hosts (organization_id, id, environment_id, public_key, name, tags, last_seen_at) VALUES (${organization}, ${id}, ${won.environment_id}, ${Buffer.from(key)}, ${free}, ${won.tags}, now())`
      return free
    })
    if (name === undefined) {
      onStep(shown!.tokenId, { step: 'identity', state: 'failed', detail: 'used, canceled, expired, or for another hostname' })
      throw refusal(
        closeCodes.notWelcome,
        'this join string was used, canceled or has expired, or is for another hostname; copy a new line from the console',
      )
    }
    const skewMs = clockMs - Date.now()
    onStep(shown!.tokenId, { step: 'identity', state: 'ok', detail: name, host: id, hostName: name })
    onStep(shown!.tokenId, { step: 'clock', state: Math.abs(skewMs) > 5000 ? 'warn' : 'ok', detail: `${Math.round(skewMs)} ms` })
    await audits.write({
      organization,
      verb: 'host.enrol',
      outcome: 'ok',
      actor: id,
      actorName: name,
      host: id,
      hostName: name,
      target: shown!.tokenId,
      code: '',
      ip,
      userAgent: '',
      trace: '',
    })
    return { id, organization, name }
  }

  /** Its welcome was lost on the way: whoever proves the key that this invitation let in is let in again. */
  async function welcomedBefore(organization: string, invitation: string, key: Uint8Array): Promise<Known | undefined> {
    const [row] = await db.tx(
      { organization },
      (sql) =>
        sql<{ id: string; name: string }[]>`SELECT hosts.id, hosts.name FROM invitations JOIN hosts ON hosts.id = invitations.host_id
          WHERE invitations.id = ${invitation} AND hosts.public_key = ${Buffer.from(key)} AND hosts.revoked_at IS NULL`,
    )
    return row && { ...row, organization }
  }

  return (transport: Transport, exporter: Uint8Array | undefined, ip: string): void => {
    if (inFlight >= mostHandshakes) return transport.close(1013, 'too many handshakes')
    inFlight++
    accept(transport, exporter, ip)
      .catch((error: unknown) => {
        const code = closeCodeOf(error)
        log(code === 1011 ? 'error' : 'info', 'agent not let in', {
          ip,
          code: codeOf(error),
          reason: code === 1011 ? String(error) : (error as Error).message,
        })
        transport.close(code, code === 1011 ? 'internal' : (error as Error).message.slice(0, 110))
      })
      .finally(() => inFlight--)
  }
}

async function isEnrolled(sql: Parameters<Parameters<Database['tx']>[1]>[0], key: Uint8Array): Promise<boolean> {
  return (await sql`SELECT 1 FROM hosts WHERE public_key = ${Buffer.from(key)}`).length > 0
}

async function freeName(sql: Parameters<Parameters<Database['tx']>[1]>[0], wanted: string): Promise<string> {
  const base = wanted.replaceAll(/[^\p{L}\p{N} ._-]/gu, '-').slice(0, 60) || 'host'
  const taken = new Set((await sql<{ name: string }[]>`SELECT name FROM hosts WHERE revoked_at IS NULL`).map(({ name }) => name))
  if (!taken.has(base)) return base
  for (let n = 2; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`
}

function closeCodeOf(error: unknown): number {
  if (!(error instanceof FairleadError)) return 1011
  return Number(error.details?.['closeCode'] ?? (codes[error.code].retryable ? 1013 : closeCodes.notWelcome))
}

function refusal(closeCode: number, message: string): FairleadError {
  return new FairleadError('unauthenticated', message, { details: { closeCode } })
}
