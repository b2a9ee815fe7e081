import { createHash, randomBytes } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { EnrolProgress, enrolmentApi, Invitation, MadeLine } from '@fairlead/protocol/features/enrolment.ts'
import { formatJoin, keyWords } from '@fairlead/protocol/join.ts'
import { originFault } from '@fairlead/protocol/origin.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, desc, eq, isNotNull, isNull, like, sql } from '../base/drizzle.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import type { HostRef } from '../base/serve.ts'
import { environments, hosts, invitations } from '../base/tables.ts'
import { addresses } from './addresses.ts'
import { createProgress, type Progress } from './progress.ts'

interface EnrolmentDeps {
  readonly db: Database
  /** The one that the hub holds now. */
  readonly hubKey: () => Uint8Array
  readonly publicUrl: string | undefined
  /** Known once the hub listens. */
  readonly httpsPort: () => number
  readonly script: { sha256(): Promise<string> }
  /** Where a host is: by its id. */
  readonly placeOf: (organization: string, host: string) => Promise<Pick<HostRef, 'id' | 'environment' | 'tags'>>
}

export interface Enrolment {
  readonly handlers: Handlers<typeof enrolmentApi, HubContext>
  readonly progress: Progress
  /** A line without a person who asked for it: for this machine's own agent. */
  invite(organization: string, input: Invite): Promise<Invitation>
  /** Hosts that came in by a line for made-up ones. Tags would not tell: people write those. */
  madeUp(organization: string): Promise<ReadonlySet<string>>
}

interface Invite {
  readonly ttlSeconds: number
  readonly tags: readonly string[]
  /** Its id; absent: the default one. */
  readonly environment?: string | undefined
  readonly hostname?: string | undefined
  /** Whose place the line gives; absent: it makes a host. */
  readonly rejoins?: string | undefined
  readonly address?: string | undefined
  /** Whether whoever asks may in this environment, which they need not have named. */
  readonly may?: (environment: string) => boolean
  /** Not a line that a person asked for: for a made-up host, or for this machine. */
  readonly for?: keyof typeof prefixes
}

/** Of ids. Those of lines that people made are as long as 9 bytes in base64url, and no other is. */
const prefixes = { madeUp: 'made-up-', own: 'own-' } as const
const idLength = 12
const mostListed = 100

/** Invitations: one line, one use, one host; a new one, or one that is here already and gets another key. */
export function openEnrolment(deps: EnrolmentDeps): Enrolment {
  const { db, publicUrl, httpsPort } = deps
  const progress = createProgress()
  const invite = async (organization: string, input: Invite) => {
    const invitation = await createInvitation(deps, organization, input)
    progress.start(invitation.id)
    return invitation
  }
  const handlers: Handlers<typeof enrolmentApi, HubContext> = {
    invite: (input, { caller, environment }) =>
      invite(caller.organization, {
        ...input,
        environment: environment === '' ? undefined : environment,
        may: (place) => caller.rights.can('hosts:enrol', { environment: place }),
      }),
    async rejoin({ ttlSeconds, address }, { caller, host }) {
      const { id, environment, tags } = await deps.placeOf(caller.organization, host)
      if (!caller.rights.can('hosts:manage', { host: id, environment, tags }))
        throw new FairleadError('forbidden', 'This needs the permission hosts:manage, too: the key that the host has now is over then.')
      return invite(caller.organization, { ttlSeconds, address, tags, environment, rejoins: host })
    },
    list: (_input, { caller }) => listLines(db, caller.organization, (environment) => caller.rights.can('hosts:enrol', { environment })),
    async *watch({ id }, { caller, signal }) {
      const { organization } = caller
      const [row] = await db.tx({ organization }, (_sql, orm) => orm.select().from(invitations).where(eq(invitations.id, id)))
      if (row === undefined || !caller.rights.can('hosts:enrol', { environment: row.environmentId }))
        throw new FairleadError('not_found', 'There is no such line for a host. Make a new one under "Enrol a host".')
      if (row.hostId !== null && !progress.get(id).used) await recall(db, progress, { organization, id, host: row.hostId })
      if (row.canceledAt !== null) progress.cancel(id)
      yield* watchProgress(progress, id, row.expiresAt.getTime(), signal)
    },
    async cancel({ id }, { caller }) {
      const open = and(eq(invitations.id, id), isNull(invitations.usedAt))
      const done = await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        const [row] = await orm.select({ environment: invitations.environmentId }).from(invitations).where(open)
        if (row === undefined || !caller.rights.can('hosts:enrol', { environment: row.environment })) return []
        return orm
          .update(invitations)
          .set({ canceledAt: sql`now()` })
          .where(open)
          .returning({ id: invitations.id })
      })
      if (done.length === 0)
        throw new FairleadError('not_found', 'There is no such line that waits for a host: it was used, canceled, or never made.')
      progress.cancel(id)
      return { id }
    },
    addresses: async () => addresses(publicUrl, httpsPort()),
  }
  const madeUp = async (organization: string) => {
    const used = and(like(invitations.id, `${prefixes.madeUp}%`), isNotNull(invitations.hostId))
    const rows = await db.tx({ organization }, (_sql, orm) => orm.select({ host: invitations.hostId }).from(invitations).where(used))
    return new Set(rows.map(({ host }) => host!))
  }
  return { handlers, progress, invite, madeUp }
}

async function createInvitation(deps: EnrolmentDeps, organization: string, input: Invite): Promise<Invitation> {
  const { db, publicUrl, httpsPort, script } = deps
  const hubKey = deps.hubKey()
  const url = checkAddress(input.address ?? addresses(publicUrl, httpsPort())[0]!.url)
  const id = `${input.for === undefined ? '' : prefixes[input.for]}${randomBytes(9).toString('base64url')}`
  const secret = randomBytes(32)
  const expires = new Date(Date.now() + input.ttlSeconds * 1000)
  const secretHash = digestOf(secretOf(secret))
  const scriptSha256 = await script.sha256()
  await db.tx({ organization }, async (_sql, orm) => {
    const where = input.environment === undefined ? undefined : eq(environments.id, input.environment)
    const all = await orm.select().from(environments).where(where)
    // Where none was named: the one that an organization begins with; where that has another name by now, the only one.
    const environment = all.length === 1 ? all[0] : all.find(({ name }) => name === 'default')
    if (environment === undefined)
      throw new FairleadError('invalid_input', 'Say for which environment: none is called default.', { details: { field: 'environment' } })
    if (input.may?.(environment.id) === false)
      throw new FairleadError('forbidden', `This needs the permission hosts:enrol in ${environment.name}, where the host would go.`, {
        details: { field: 'environment' },
      })
    const { tags, hostname = null, rejoins = null } = input
    const own = { organizationId: organization, environmentId: environment.id }
    await orm.insert(invitations).values({ ...own, id, secretHash, tags: [...tags], hostname, expiresAt: expires, rejoins })
  })
  const join = formatJoin({ tokenId: id, secret, hubKey, address: url })
  // Sudo drops the proxies of the shell, and whatever stands in arguments everybody on the host can read: they go where the secret goes.
  const proxies = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].map((name) => `"\${${name}-\${${name.toLowerCase()}-}}"`).join(' ')
  // -k is safe: nothing that TLS protects is trusted, the script is pinned by its hash and the hub by its key.
  const line = `f=$(mktemp) && curl -fsSLk ${url}/i.sh -o "$f" && echo "${scriptSha256}  $f" | sha256sum -c - && printf '%s\\n' '${join}' ${proxies} | sudo sh "$f"`
  return {
    id,
    line,
    join,
    words: keyWords(createHash('sha256').update(hubKey).digest()),
    scriptSha256,
    expiresMs: expires.getTime(),
  }
}

async function listLines(db: Database, organization: string, sees: (environment: string) => boolean): Promise<MadeLine[]> {
  const { id, environmentId, tags, createdAt, expiresAt, usedAt, canceledAt } = invitations
  const recent = and(sql`length(${id}) = ${idLength}`, sql`${createdAt} > now() - interval '1 day'`)
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ id, environmentId, tags, createdAt, expiresAt, usedAt, canceledAt })
      .from(invitations)
      .where(recent)
      .orderBy(desc(createdAt))
      .limit(mostListed),
  )
  const stateOf = (row: (typeof rows)[number]) =>
    row.usedAt !== null ? 'used' : row.canceledAt !== null ? 'canceled' : row.expiresAt.getTime() <= Date.now() ? 'expired' : 'open'
  return rows
    .filter((row) => sees(row.environmentId))
    .map((row) => ({
      id: row.id,
      state: stateOf(row),
      tags: row.tags,
      createdMs: row.createdAt.getTime(),
      expiresMs: row.expiresAt.getTime(),
    }))
}

/** What a hub that was started since no longer knows of a line that a host came in by. */
async function recall(
  db: Database,
  progress: Progress,
  { organization, id, host }: { readonly organization: string; readonly id: string; readonly host: string },
): Promise<void> {
  const [row] = await db.tx({ organization }, (_sql, orm) => orm.select({ name: hosts.name }).from(hosts).where(eq(hosts.id, host)))
  progress.step(id, { step: 'contacted', state: 'ok', detail: '' })
  progress.step(id, { step: 'identity', state: 'ok', detail: row?.name ?? '', host, hostName: row?.name ?? '' })
}

/** It ends up in a line that people paste into a root shell: nothing but an origin may come through. */
function checkAddress(address: string): string {
  const why = originFault(address)
  if (why === undefined) return new URL(address).origin
  const shown = `"${address.slice(0, 100)}"`
  throw new FairleadError(
    'invalid_input',
    why === 'form'
      ? `${shown} is no address that an agent could dial; it must look like https://hub.example:8443.`
      : `${shown} is not https://, without which somebody on the way could read and change what is sent; http:// is for this machine alone (http://localhost:8080).`,
    { details: { field: 'address', why } },
  )
}

async function* watchProgress(progress: Progress, id: string, expiresMs: number, signal: AbortSignal): AsyncGenerator<EnrolProgress> {
  let wake = Promise.withResolvers<void>()
  const listener = () => wake.resolve()
  const stop = progress.onChange(id, listener)
  signal.addEventListener('abort', listener)
  const expiry = setTimeout(listener, Math.max(0, expiresMs - Date.now()))
  try {
    while (!signal.aborted) {
      const now = progress.get(id)
      const expired = !now.used && expiresMs <= Date.now()
      yield { ...now, expired }
      if (expired || now.canceled) return
      await wake.promise
      wake = Promise.withResolvers()
    }
  } finally {
    clearTimeout(expiry)
    stop()
  }
}
