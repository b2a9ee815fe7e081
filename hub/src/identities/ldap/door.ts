import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { identitiesApi, TestStep } from '@fairlead/protocol/features/identities.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { canonical } from '../../base/email.ts'
import { createHeld } from '../../base/rates.ts'
import type { LoginContext } from '../../logins/logins.ts'
import { arrive } from '../arrive.ts'
import type { IdentitiesDeps } from '../identities.ts'
import { findProvider, openSecret, type Row } from '../providers.ts'
import { signInByLdap, testLdap, type LdapDeps, type LdapProvider } from './ldap.ts'

type SignIn = Pick<Handlers<typeof identitiesApi, LoginContext>, 'signIn'>

/** Sign-ins under way: each may wait for a slow directory. */
const most = { provider: 16, hub: 64 } as const
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A name and a password of a directory, counted as a local one is: by name and source, and by whose they turn out to be. */
export function serveLdapSignIn(deps: IdentitiesDeps): SignIn {
  const { logins, audits } = deps
  const held = createHeld('sign-ins', most)
  return {
    async signIn({ id, organization, name, password }, context) {
      if (!context.door.secure) throw new FairleadError('forbidden', context.door.insecureReason)
      const { ip, userAgent, trace } = context.caller
      const row = await findOpen(deps, organization, id)
      const typed = canonical(name).replaceAll(/[\s\p{C}]+/gu, ' ')
      const counted = [`ldap ${row.id} ${typed}`]
      logins.delays.begin(counted[0]!, ip)
      const release = held.open({ provider: row.id })
      try {
        const person = await signInByLdap(await providerOf(deps, row), { name, password }, ldapDeps(deps), (subject) => {
          // A name has more spellings than one: guesses at a person are counted together, however it is typed.
          counted.push(`ldap ${row.id} subject ${subject}`)
          logins.delays.begin(counted[1]!, ip)
        })
        if (person === undefined) {
          const nowhere = {
            host: '',
            hostName: '',
            target: row.id,
            targetName: row.name,
            code: '',
            actor: '',
            actorName: name.slice(0, 128),
          }
          const found = counted.length > 1
          // Of people who are there: nobody fills the trail with names. Not waited for: its time must not tell.
          if (found)
            void audits.write({
              ...nowhere,
              organization,
              verb: 'login.create',
              outcome: 'refused',
              factor: 'provider',
              ip,
              userAgent: userAgent.slice(0, 200),
              trace,
            })
          throw new FairleadError('unauthenticated', 'Name or password is wrong.')
        }
        for (const who of counted) logins.delays.succeeded(who, ip)
        const answer = await arrive(deps, { ...person, called: { ids: [person.subject] }, organization, provider: row.id }, context)
        // The browser has another cookie now: nobody could sign the old login out.
        if (!('step' in answer) && context.caller.login !== '' && context.caller.token === undefined) await logins.endLogin(context.caller)
        return answer
      } catch (error) {
        throw forStranger(deps, row, error)
      } finally {
        release()
      }
    },
  }
}

/** What a sign-in would ask, for whoever manages the provider. */
export async function checkLdap(deps: IdentitiesDeps, row: Row, name: string | undefined): Promise<TestStep[]> {
  const steps = await testLdap(await providerOf(deps, row), ldapDeps(deps), name)
  return steps.map(({ step, ok, message }) => ({
    step,
    state: ok ? ('ok' as const) : ('failed' as const),
    why: ok ? '' : 'ldap',
    detail: message,
  }))
}

const ldapDeps = ({ outbound }: IdentitiesDeps): LdapDeps => ({ addressOf: (host, port) => outbound.guardedAddress(host, port) })

async function providerOf(deps: IdentitiesDeps, row: Row): Promise<LdapProvider> {
  if (row.settings.kind !== 'ldap') throw closed()
  return { settings: row.settings, password: (await openSecret(deps, row)) ?? '' }
}

/** Absent, closed and of another kind are alike. */
async function findOpen({ db }: IdentitiesDeps, organization: string, id: string): Promise<Row> {
  if (!uuid.test(organization)) throw closed()
  const row = await db
    .tx({ organization }, (_sql, orm) => findProvider(orm, id))
    .catch((error: unknown) => {
      throw codeOf(error) === 'not_found' ? closed() : error
    })
  if (!row.enabled || row.settings.kind !== 'ldap') throw closed()
  return row
}

function closed(): FairleadError {
  return new FairleadError('unauthenticated', 'Nobody signs in through this provider now.')
}

/** What is wrong with the directory is said to who manages it, by a test; here only that it is. */
function forStranger({ log }: IdentitiesDeps, { id, name }: Row, error: unknown): unknown {
  if (codeOf(error) !== 'bad_upstream') return error
  log('warn', 'a directory did not do its part', { provider: id, error: (error as Error).message })
  return new FairleadError(
    'bad_upstream',
    `${name} does not answer as it should; try again later, or sign in with an e-mail and a password of this hub.`,
    { cause: error },
  )
}
