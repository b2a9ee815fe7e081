import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Setting, settingsApi } from '@fairlead/protocol/features/settings.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { eq, sql, type Orm } from '../base/drizzle.ts'
import { organizations } from '../base/tables.ts'
import type { Config } from '../config.ts'
import { logins } from '../logins/tables.ts'
import { certificateReport } from './certificate.ts'
import { hubSettings, type HubFacts } from './hub.ts'

export { certificateReport, type Shown } from './certificate.ts'

interface SettingsDeps {
  readonly db: Database
  readonly config: Config
  readonly facts: HubFacts
  /** What is known of the logins of an organization may be different now. */
  readonly forgetLogins: (organization: string) => void
}

/** Minutes. */
const usual = { idle: 12 * 60, life: 24 * 60 } as const

/** How long logins of an organization live: as the hub was started, as the organization chose, or by themselves. */
export function createLives({ loginIdleMinutes, loginLifeMinutes }: Pick<Config, 'loginIdleMinutes' | 'loginLifeMinutes'>) {
  return async (orm: Orm) => {
    const [row] = await orm.select({ idle: organizations.loginIdleMinutes, life: organizations.loginLifeMinutes }).from(organizations)
    const lifeMinutes = loginLifeMinutes ?? row?.life ?? usual.life
    return { idleMinutes: Math.min(loginIdleMinutes ?? row?.idle ?? usual.idle, lifeMinutes), lifeMinutes }
  }
}

/** What an organization chose, and what the hub was started with. */
export function serveSettings({ db, config, facts, forgetLogins }: SettingsDeps): Handlers<typeof settingsApi, HubContext> {
  const lives = createLives(config)

  async function read(orm: Orm): Promise<Setting[]> {
    const [row] = await orm.select().from(organizations)
    if (row === undefined) throw new FairleadError('not_found', 'This organization is gone.')
    const locked = (name: string, given: number | undefined) => (given === undefined ? undefined : { source: 'env' as const, from: name })
    const minutes = (name: string, variable: string, given: number | undefined, chosen: number | null, value: number): Setting => ({
      name,
      value,
      ...(locked(variable, given) ?? { source: chosen === null ? 'default' : 'ui', from: '' }),
    })
    const { idleMinutes, lifeMinutes } = await lives(orm)
    return [
      { name: 'organization.name', value: row.name, source: 'ui', from: '' },
      { name: 'organization.language', value: row.language, source: row.language === null ? 'default' : 'ui', from: '' },
      { name: 'factors.policy', value: row.secondFactor, source: row.secondFactor === 'admins' ? 'default' : 'ui', from: '' },
      minutes('logins.idle', 'FAIRLEAD_LOGIN_IDLE_MINUTES', config.loginIdleMinutes, row.loginIdleMinutes, idleMinutes),
      minutes('logins.life', 'FAIRLEAD_LOGIN_LIFE_MINUTES', config.loginLifeMinutes, row.loginLifeMinutes, lifeMinutes),
    ]
  }

  return {
    get: (_input, { caller: { organization } }) => db.tx({ organization }, (_sql, orm) => read(orm)),
    async update({ language, loginIdleMinutes, loginLifeMinutes }, { caller: { organization } }) {
      refuseLocked('FAIRLEAD_LOGIN_IDLE_MINUTES', config.loginIdleMinutes, loginIdleMinutes)
      refuseLocked('FAIRLEAD_LOGIN_LIFE_MINUTES', config.loginLifeMinutes, loginLifeMinutes)
      const fields = defined({ language, loginIdleMinutes, loginLifeMinutes })
      const after = await db.tx({ organization }, async (_sql, orm) => {
        const own = eq(organizations.organizationId, organization)
        if (Object.keys(fields).length > 0) await orm.update(organizations).set(fields).where(own)
        const { idleMinutes, lifeMinutes } = await lives(orm)
        const latest = sql<Date>`least(${logins.expiresAt}, ${logins.createdAt} + ${lifeMinutes} * interval '1 minute')`
        await orm.update(logins).set({ idleMinutes, expiresAt: latest }).where(eq(logins.organizationId, organization))
        return read(orm)
      })
      forgetLogins(organization)
      return after
    },
    hub: async () => hubSettings(config, facts),
    certificate: async () => certificateReport(config, facts.certificate()),
  }
}

function refuseLocked(variable: string, given: number | undefined, asked: number | null | undefined): void {
  if (given === undefined || asked === undefined) return
  throw new FairleadError('conflict', `This hub was started with ${variable}; whoever runs it changes that there.`)
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}
