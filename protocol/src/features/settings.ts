import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

/** Where a value comes from. `ui`: somebody chose it in the console. What comes of `env` or a `file` is changed there alone. */
export const Source = z.enum(['default', 'file', 'env', 'ui'])
export type Source = z.infer<typeof Source>

export const Setting = z.object({
  name: z.string(),
  /** Lists are texts with `, ` between them; null: nothing is set. */
  value: z.nullable(z.union([z.string(), z.number()])),
  source: Source,
  /** The setting of the hub that holds it; empty: none. */
  from: z.string(),
})
export type Setting = z.infer<typeof Setting>

/**
 * Why an authority made no certificate. `port`: the hub cannot listen where it asks; `dns`: the name is not known; `connection`: nobody
 * answers it on port 80; `unauthorized`: somebody else does; `caa`, `rejected`: it may not, or does not, for this name; `rate_limited`;
 * `terms`: others are to be agreed to; `account`: it knows or wants none such; `unreachable`, `untrusted`: the authority itself;
 * `answer`: it says what makes no sense; `certificate`: what it made is of no use; `stopped`: the hub ended meanwhile.
 */
export const AcmeReason = z.enum([
  'port',
  'dns',
  'connection',
  'unauthorized',
  'caa',
  'rejected',
  'rate_limited',
  'terms',
  'account',
  'unreachable',
  'untrusted',
  'answer',
  'certificate',
  'stopped',
  'other',
])
export type AcmeReason = z.infer<typeof AcmeReason>

/**
 * What stands between people and a console that their browsers trust. `trusted`: the hub shows its own certificate; `address`: it does not
 * know where people reach it; `name`: the certificate is not for that name; `over`, `soon`: it ended, or does within two weeks;
 * `files`: those that are there are not taken; `order`: the authority made none, for `reason`; `waiting`: it is asked at this moment.
 */
export const TlsFault = z.enum(['trusted', 'address', 'name', 'over', 'soon', 'files', 'order', 'waiting'])
export type TlsFault = z.infer<typeof TlsFault>

/** How people reach the hub over TLS: files of one's own, an authority, a proxy before it; `own`: none of them yet. */
export const TlsWay = z.enum(['files', 'acme', 'proxy', 'own'])
export type TlsWay = z.infer<typeof TlsWay>

export const Tls = z.object({
  way: TlsWay,
  missing: z.array(TlsFault),
  /** Of the certificate that is shown. */
  untilMs: z.number(),
  reason: z.optional(AcmeReason),
})
export type Tls = z.infer<typeof Tls>

export const Certificate = z.extend(Tls, {
  selfSigned: z.boolean(),
  names: z.array(z.string()),
  /** What the authority, or the hub, says of what is wrong; text of others. */
  detail: z.string(),
  /** Of an authority: which one, for which names, and when it is asked again. */
  order: z.optional(z.object({ directory: z.string(), domains: z.array(z.string()), nextMs: z.number() })),
})
export type Certificate = z.infer<typeof Certificate>

const mostLoginMinutes = 7 * 24 * 60
const Minutes = z.nullable(z.int().check(z.gte(5), z.lte(mostLoginMinutes)))

const settings = {
  /** Of the organization. */
  get: call(z.object({}), z.array(Setting)),
  /** Absent: as it is; null: what the hub does by itself. Logins that are open end no later than new ones would. */
  update: call(
    z.object({
      language: z.optional(z.nullable(z.enum(['en', 'fr']))),
      loginIdleMinutes: z.optional(Minutes),
      loginLifeMinutes: z.optional(Minutes),
    }),
    z.array(Setting),
    { mutates: true },
  ),
  /** Of the hub itself: changed where it is started. */
  hub: call(z.object({}), z.array(Setting)),
  /** What the hub shows to browsers, and what is missing. */
  certificate: call(z.object({}), Certificate),
}

export const settingsApi = {
  get: api(settings.get, { http: 'GET /settings', needs: 'settings:read', on: 'organization' }),
  update: api(settings.update, {
    http: 'PATCH /settings',
    needs: 'organization:manage',
    on: 'organization',
    audit: 'settings.update',
    stepUp: true,
  }),
  hub: api(settings.hub, { http: 'GET /hub-settings', needs: 'hub:settings', on: 'organization' }),
  certificate: api(settings.certificate, { http: 'GET /hub-settings/certificate', needs: 'hub:settings', on: 'organization' }),
}
