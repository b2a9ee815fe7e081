import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { identitiesApi, TestStep } from '@fairlead/protocol/features/identities.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { canonical } from '../../base/email.ts'
import { createHeld } from '../../base/rates.ts'
import { createDelays, type Delays, type LoginContext } from '../../logins/logins.ts'
import { arrive } from '../arrive.ts'
import type { IdentitiesDeps } from '../identities.ts'
import { findProvider, openSecret, type Row } from '../providers.ts'
import { signInByLdap, testLdap, type LdapDeps, type LdapProvider } from './ldap.ts'

type SignIn = Pick<Handlers<typeof identitiesApi, LoginContext>, 'signIn'>

/** Sign-ins under way: each may wait for a slow directory. One address alone fills no provider. */
export const most = { address: 8, provider: 16, hub: 64 } as const
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Of one person by all their names: slower only where somebody goes through several of them, so that whoever waits as they are told to
 * by one name is never met by this.
 */
const ofPerson = { free: 10, longestMs: 30_000 } as const

/**
 * A name and a password of a directory, counted as a local one is: by what was typed and the source, before anything is looked up. Whose
 * they turn out to be is counted too, and never told: then no password is tried, and the answer is that of a wrong one. Told, it would
 * say that two names are one person.
 */
export function serveLdapSignIn(deps: IdentitiesDeps): SignIn {
  const { logins, audits } = deps
  const held = createHeld('sign-ins', most)
  const people = createDelays(deps.now, ofPerson)
  return {
    async signIn({ id, organization, name, password }, context) {
      if (!context.door.secure) throw new FairleadError('forbidden', context.door.insecureReason)
      const { ip, userAgent, trace } = context.caller
      const row = await findOpen(deps, organization, id)
      const typed = canonical(name).replaceAll(/[\s\p{C}]+/gu, ' ')
      const asTyped = `ldap ${row.id} ${typed}`
      logins.delays.begin(asTyped, ip)
      let found = ''
      const release = held.open({ address: ip, provider: row.id })
      try {
        const person = await signInByLdap(await providerOf(deps, row), { name, password }, ldapDeps(deps), (subject) => {
          found = `${row.id} ${subject}`
          return counts(people, found, ip)
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
          // Of people who are there: nobody fills the trail with names. Not waited for: its time must not tell.
          if (found !== '')
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
        logins.delays.succeeded(asTyped, ip)
        people.succeeded(found, ip)
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

/** Whether one more try is due now. */
function counts(delays: Delays, who: string, ip: string): boolean {
  try {
    delays.begin(who, ip)
    return true
  } catch (error) {
    if (codeOf(error) === 'rate_limited') return false
    throw error
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
