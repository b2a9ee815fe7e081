import type { Factor } from '@fairlead/protocol/api.ts'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import type { Caller } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import type { Rights } from '../base/rights.ts'
import type { Factors } from '../factors/factors.ts'
import { describeMe, memberOf } from './accounts.ts'
import { entry } from './entry.ts'
import type { openHeld, RightsOf } from './held.ts'
import type { LoginContext } from './logins.ts'

export interface BeginDeps {
  readonly db: Database
  readonly audits: Audits
  readonly factors: Factors
  readonly held: ReturnType<typeof openHeld>
  readonly permissions: readonly string[]
  readonly rightsOf: RightsOf
}

/** What is known of a login already. */
interface Known {
  readonly rights?: Rights
  readonly grace?: true | undefined
}

/** Who somebody is, and the beginning of their login. */
export function createBegin({ db, audits, factors, held, permissions, rightsOf }: BeginDeps) {
  async function describe(account: string, organization: string, expires: Date, { rights, grace }: Known = {}): Promise<Me> {
    const { somewhere } = rights ?? (await rightsOf({ organization, account }))
    const { required, hasSecond } = await factors.standing({ account, organization })
    const me = await describeMe(db, account, organization, permissions.filter(somewhere), expires)
    return { ...me, ...(required && !hasSecond && grace !== true ? { mustEnrol: true } : {}) }
  }

  return {
    describe,
    /** Of a token: what is left of its account's rights, until it expires. */
    async me(caller: Caller): Promise<Me> {
      const { account, organization, rights, token } = caller
      const expires = token === undefined ? await held.expiryOf(caller) : new Date(token.expiresMs)
      return describe(account, organization, expires, { rights, grace: caller.proof?.grace })
    },
    async begin(account: string, organization: string, context: LoginContext, factor: Factor, grace?: true): Promise<Me> {
      const expires = await held.begin(account, organization, context, factor, grace)
      if (await factors.devices.note(account, context.device)) {
        await factors.notices.note(account, 'device', context.caller)
        const member = await memberOf(db, account)
        if (member !== undefined) await audits.write(entry('login.new_device', 'ok', { ...member, organization }, context, factor))
      }
      return describe(account, organization, expires, { grace })
    },
  }
}
