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

export const mostLoginMinutes = 7 * 24 * 60
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
}
