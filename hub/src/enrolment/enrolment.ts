import { createHash, randomBytes } from 'node:crypto'
import { assert, FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { EnrolProgress, enrolmentApi, Invitation } from '@fairlead/protocol/features/enrolment.ts'
import { formatJoin, keyWords } from '@fairlead/protocol/join.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, isNotNull, isNull, like, sql } from '../base/drizzle.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import { environments, invitations } from '../base/tables.ts'
import { addresses } from './addresses.ts'
import { createProgress, type Progress } from './progress.ts'

export interface EnrolmentDeps {
  readonly db: Database
  readonly hubKey: Uint8Array
  readonly publicUrl: string | undefined
  /** Known once the hub listens. */
  readonly httpsPort: () => number
  readonly script: { readonly sha256: string }
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
  readonly hostname?: string | undefined
  readonly address?: string | undefined
  /** For a made-up host. */
  readonly madeUp?: boolean
}

const madeUpPrefix = 'made-up-'

/** Invitations: one line, one use, one host. */
export function openEnrolment(deps: EnrolmentDeps): Enrolment {
  const { db, publicUrl, httpsPort } = deps
  const progress = createProgress()
  const invite = async (organization: string, input: Invite) => {
    const invitation = await createInvitation(deps, organization, input)
    progress.start(invitation.id)
    return invitation
  }
  const handlers: Handlers<typeof enrolmentApi, HubContext> = {
    invite: (input, { caller }) => invite(caller.organization, input),
    async *watch({ id }, { caller, signal }) {
      const { organization } = caller
      const [row] = await db.tx({ organization }, (_sql, orm) => orm.select().from(invitations).where(eq(invitations.id, id)))
      if (row === undefined) throw new FairleadError('not_found', 'There is no such line for a host. Make a new one under "Enrol a host".')
      yield* watchProgress(progress, id, row.expiresAt.getTime(), signal)
    },
    async cancel({ id }, { caller }) {
      const open = and(eq(invitations.id, id), isNull(invitations.usedAt))
      const done = await db.tx({ organization: caller.organization }, (_sql, orm) =>
        orm
          .update(invitations)
          .set({ canceledAt: sql`now()` })
          .where(open)
          .returning({ id: invitations.id }),
      )
      if (done.length === 0)
        throw new FairleadError('not_found', 'There is no such line that waits for a host: it was used, canceled, or never made.')
      progress.cancel(id)
      return { id }
    },
    addresses: async () => addresses(publicUrl, httpsPort()),
  }
  const madeUp = async (organization: string) => {
    const used = and(like(invitations.id, `${madeUpPrefix}%`), isNotNull(invitations.hostId))
    const rows = await db.tx({ organization }, (_sql, orm) => orm.select({ host: invitations.hostId }).from(invitations).where(used))
    return new Set(rows.map(({ host }) => host!))
  }
  return { handlers, progress, invite, madeUp }
}

async function createInvitation(deps: EnrolmentDeps, organization: string, input: Invite): Promise<Invitation> {
  const { db, hubKey, publicUrl, httpsPort, script } = deps
  const url = checkAddress(input.address ?? addresses(publicUrl, httpsPort())[0]!.url)
  // No other is as long.
  const id = `${input.madeUp === true ? madeUpPrefix : ''}${randomBytes(9).toString('base64url')}`
  const secret = randomBytes(32)
  const expires = new Date(Date.now() + input.ttlSeconds * 1000)
  const secretHash = digestOf(secretOf(secret))
  await db.tx({ organization }, async (_sql, orm) => {
    const [environment] = await orm.select().from(environments).where(eq(environments.name, 'default'))
    assert(environment !== undefined, 'An organization has its default environment.')
    const { tags, hostname = null } = input
    const own = { organizationId: organization, environmentId: environment.id }
    await orm.insert(invitations).values({ ...own, id, secretHash, tags: [...tags], hostname, expiresAt: expires })
  })
  const join = formatJoin({ tokenId: id, secret, hubKey, address: url })
  // Sudo drops the proxies of the shell, and whatever stands in arguments everybody on the host can read: they go where the secret goes.
  const proxies = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].map((name) => `"\${${name}-\${${name.toLowerCase()}-}}"`).join(' ')
  // -k is safe: nothing that TLS protects is trusted, the script is pinned by its hash and the hub by its key.
  const line = `f=$(mktemp) && curl -fsSLk ${url}/i.sh -o "$f" && echo "${script.sha256}  $f" | sha256sum -c - && printf '%s\\n' '${join}' ${proxies} | sudo sh "$f"`
  return {
    id,
    line,
    join,
    words: keyWords(createHash('sha256').update(hubKey).digest()),
    scriptSha256: script.sha256,
    expiresMs: expires.getTime(),
  }
}

/** It ends up in a line that people paste into a root shell: nothing but an origin may come through. */
function checkAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && /^[\w.:[\]-]+$/.test(url.host)) return url.origin
  throw new FairleadError(
    'invalid_input',
    `"${address.slice(0, 100)}" is no address that an agent could dial; it must look like https://hub.example:8443.`,
    { details: { field: 'address' } },
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
