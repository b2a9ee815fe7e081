import { setTimeout as sleep } from 'node:timers/promises'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { loginsApi, Me } from '@fairlead/protocol/features/logins.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { sameSecret, secretOf } from '../base/secret.ts'
import { makeOwner } from './accounts.ts'
import { refuseCommon } from './common.ts'
import type { Delays } from './delays.ts'
import { entry, refuseInsecure } from './entry.ts'
import type { NewLogin } from './held.ts'
import type { LoginContext } from './logins.ts'

interface SetupDeps {
  readonly db: Database
  readonly audits: Audits
  readonly delays: Delays
  readonly firstRunCode: string
  readonly state: { firstRun: boolean }
  readonly begin: (login: NewLogin, context: LoginContext) => Promise<Me>
}

const wrongCodeMs = 500

/** The first run: whoever has the code that the hub printed becomes its owner. */
export function serveSetup({
  db,
  audits,
  delays,
  firstRunCode,
  state,
  begin,
}: SetupDeps): Pick<Handlers<typeof loginsApi, LoginContext>, 'setup'> {
  return {
    async setup(input, context) {
      if (!state.firstRun) throw new FairleadError('not_found', 'This hub has its owner already.')
      refuseInsecure(context)
      delays.begin('setup', context.caller.ip)
      if (!isCode(input.code, firstRunCode)) {
        await sleep(wrongCodeMs)
        throw new FairleadError('unauthenticated', 'This is not the code that the hub printed when it started.', {
          details: { field: 'code' },
        })
      }
      delays.succeeded('setup', context.caller.ip)
      refuseCommon(input.password, [input.name, input.email, input.organization])
      const { account, organization } = await makeOwner(db, input)
      state.firstRun = false
      await audits.write(entry('hub.setup', 'ok', { organization, id: account, name: input.name }, context))
      return begin({ account, organization, factor: 'password', grace: true }, context)
    },
  }
}

/** Typed by a person: case, spaces and dashes do not matter. */
function isCode(typed: string, code: string): boolean {
  return sameSecret(secretOf(typed.replaceAll(/[\s-]/g, '').toLowerCase()), secretOf(code.replaceAll('-', '')))
}
