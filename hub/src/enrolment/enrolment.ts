import { createHash, randomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { EnrolProgress, enrolmentApi } from '@fairlead/protocol/features/enrolment.ts'
import { formatJoin } from '@fairlead/protocol/join.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { keyWords } from '../fleet/identity.ts'

type Step = EnrolProgress['steps'][number]

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
  onStep(invitation: string, step: Step & { host?: string; hostName?: string }): void
}

const order: readonly Step['step'][] = ['contacted', 'identity', 'clock', 'engine', 'metrics']

/** Invitations: one line, one use, one host. */
export function openEnrolment({ db, hubKey, publicUrl, httpsPort, script }: EnrolmentDeps): Enrolment {
  const progress = new Map<string, EnrolProgress>()
  const listeners = new Map<string, Set<() => void>>()
  const changed = (id: string) => {
    for (const listener of listeners.get(id) ?? []) listener()
  }
  const fresh = (): EnrolProgress => ({
    steps: order.map((step) => ({ step, state: 'waiting', detail: '' })),
    used: false,
    expired: false,
    canceled: false,
  })

  const handlers: Handlers<typeof enrolmentApi, HubContext> = {
    async invite({ ttlSeconds, tags, hostname, address }, { caller }) {
      const url = address ?? addresses(publicUrl, httpsPort())[0]!.url
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
        throw new FairleadError(
          'invalid_input',
          `"${url.slice(0, 100)}" is no address that an agent could dial; it must look like https://hub.example:8443.`,
          { details: { field: 'address' } },
        )
      const id = randomBytes(9).toString('base64url')
      const secret = randomBytes(32)
      const expires = new Date(Date.now() + ttlSeconds * 1000)
      await db.tx(
        { organization: caller.organization },
        (sql) => sql`
        INSERT INTO invitations (organization_id, id, environment_id, secret_hash, tags, hostname, expires_at)
        SELECT ${caller.organization}, ${id}, environments.id, ${createHash('sha256').update(secret).digest()}, ${tags}, ${hostname ?? null}, ${expires} FROM environments WHERE name = 'default'`,
      )
      const join = formatJoin({ tokenId: id, secret, hubKey, address: url })
      if (progress.size > 1000) progress.clear()
      progress.set(id, fresh())
      // -k is safe: nothing that TLS protects is trusted, the script is pinned by its hash and the hub by its key.
      const line = `f=$(mktemp) && curl -fsSLk ${url}/i.sh -o "$f" && echo "${script.sha256}  $f" | sha256sum -c - && printf %s '${join}' | sudo sh "$f"`
      return { id, line, join, words: keyWords(hubKey), scriptSha256: script.sha256, expiresMs: expires.getTime() }
    },
    async *watch({ id }, { caller, signal }) {
      const [row] = await db.tx(
        { organization: caller.organization },
        (sql) => sql<{ expires_at: Date }[]>`SELECT expires_at FROM invitations WHERE id = ${id}`,
      )
      if (row === undefined) throw new FairleadError('not_found', 'There is no such invitation.')
      let wake = Promise.withResolvers<void>()
      const listener = () => wake.resolve()
      listeners.set(id, (listeners.get(id) ?? new Set()).add(listener))
      signal.addEventListener('abort', listener)
      const expiry = setTimeout(listener, Math.max(0, row.expires_at.getTime() - Date.now()))
      try {
        while (!signal.aborted) {
          const now = progress.get(id) ?? fresh()
          const expired = !now.used && row.expires_at.getTime() <= Date.now()
          yield { ...now, expired }
          if (expired || now.canceled) return
          await wake.promise
          wake = Promise.withResolvers()
        }
      } finally {
        clearTimeout(expiry)
        listeners.get(id)?.delete(listener)
      }
    },
    async cancel({ id }, { caller }) {
      const done = await db.tx(
        { organization: caller.organization },
        (sql) => sql`UPDATE invitations SET canceled_at = now() WHERE id = ${id} AND used_at IS NULL RETURNING id`,
      )
      if (done.length === 0) throw new FairleadError('not_found', 'There is no such open invitation.')
      progress.set(id, { ...(progress.get(id) ?? fresh()), canceled: true })
      changed(id)
      return { id }
    },
    addresses: async () => addresses(publicUrl, httpsPort()),
  }

  return {
    handlers,
    onStep(id, { step, state, detail, host, hostName }) {
      const now = progress.get(id) ?? fresh()
      progress.set(id, {
        ...now,
        steps: now.steps.map((old) => (old.step === step ? { step, state, detail } : old)),
        used: now.used || host !== undefined,
        ...(host === undefined ? {} : { host }),
        ...(hostName === undefined ? {} : { hostName }),
      })
      changed(id)
    },
  }
}

function addresses(publicUrl: string | undefined, httpsPort: number) {
  const found = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, family, address }) => !internal && (family === 'IPv4' || !address.startsWith('fe80')))
    .map(({ address, family }) => ({
      url: `https://${family === 'IPv6' ? `[${address}]` : address}:${httpsPort}`,
      tls: 'self-signed',
      note: 'address of this machine',
    }))
  const local = { url: `https://localhost:${httpsPort}`, tls: 'self-signed', note: 'this machine only' }
  return [
    ...(publicUrl === undefined
      ? []
      : [{ url: publicUrl, tls: publicUrl.startsWith('https:') ? 'public' : 'none', note: 'FAIRLEAD_PUBLIC_URL' }]),
    ...found,
    local,
  ]
}
