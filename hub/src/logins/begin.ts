import type { Me } from '@fairlead/protocol/features/logins.ts'
import type { Caller, Through } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import type { Rights } from '../base/rights.ts'
import { standingThrough, type Factors } from '../factors/factors.ts'
import { describeMe, memberOf } from './accounts.ts'
import { entry } from './entry.ts'
import type { NewLogin, openHeld, RightsOf } from './held.ts'
import type { LoginContext } from './logins.ts'
import { rightsThrough } from './through.ts'

interface BeginDeps {
  readonly db: Database
  readonly audits: Audits
  readonly factors: Factors
  readonly held: ReturnType<typeof openHeld>
  readonly permissions: readonly string[]
  readonly rightsOf: RightsOf
}

export interface Described {
  readonly account: string
  readonly organization: string
  readonly expires: Date
  /** As they are now, when absent. */
  readonly rights?: Rights | undefined
  readonly through?: Through | undefined
  readonly grace?: true | undefined
}

/** Who somebody is, and the beginning of their login. */
export function createBegin({ db, audits, factors, held, permissions, rightsOf }: BeginDeps) {
  async function describe({ account, organization, expires, rights, through, grace }: Described): Promise<Me> {
    const { somewhere } = rights ?? rightsThrough(await rightsOf({ organization, account }), through)
    const { required, hasSecond } = standingThrough(await factors.standing({ account, organization }), through)
    const me = await describeMe(db, account, organization, permissions.filter(somewhere), expires)
    const provider = through && { id: through.id, name: through.name, kind: through.kind, own: through.own }
    const mustEnrol = required && !hasSecond && grace !== true
    return { ...me, ...(provider === undefined ? {} : { provider }), ...(mustEnrol ? { mustEnrol: true } : {}) }
  }

  return {
    describe,
    /** Of a token: what is left of its account's rights, until it expires. */
    async me(caller: Caller): Promise<Me> {
      const { account, organization, rights, token, through } = caller
      const expires = token === undefined ? await held.expiryOf(caller) : new Date(token.expiresMs)
      return describe({ account, organization, expires, rights, through, grace: caller.proof?.grace })
    },
    async begin(login: NewLogin, context: LoginContext): Promise<Me> {
      const { account, organization, factor, through, grace } = login
      const expires = await held.begin(login, context)
      if (await factors.devices.note(account, context.device)) {
        await factors.notices.note(account, 'device', context.caller)
        const member = await memberOf(db, account)
        if (member !== undefined) await audits.write(entry('login.new_device', 'ok', { ...member, organization }, context, factor))
      }
      return describe({ account, organization, expires, through, grace })
    },
  }
}
