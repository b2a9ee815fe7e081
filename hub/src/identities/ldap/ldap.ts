import { randomUUID } from 'node:crypto'
import { FairleadError, codeOf } from '@fairlead/protocol/errors.ts'
import type { LdapSettings } from '@fairlead/protocol/features/ldap.ts'
import type { ConnectDeps, Step } from './connect.ts'
import { openDirectory, type OpenDirectory } from './directory.ts'
import { readDirectory, type Directory } from './presets.ts'

export interface LdapDeps {
  readonly addressOf: ConnectDeps['addressOf']
  readonly timeoutMs?: number
}

/** A directory with the password of who looks people up. */
export interface LdapProvider {
  readonly settings: LdapSettings
  readonly password: string
}

/** Who signed in, by a name and a password that were right. */
interface LdapPerson {
  readonly subject: string
  readonly name: string
  readonly email: string | undefined
  /** Canonical distinguished names. */
  readonly groups: readonly string[]
}

const timeoutMs = 5000
/** All steps of one sign-in together. */
const wholeMs = 12_000

/**
 * Looks somebody up and tries their password. Undefined: there is no such person, or it is not their password. Throws `bad_upstream`
 * when the directory does not do its part. `mayTry`: asked who it is before the password is tried, since one entry has many spellings;
 * where it says no, all is as for a wrong password.
 */
export async function signInByLdap(
  provider: LdapProvider,
  { name, password }: { readonly name: string; readonly password: string },
  deps: LdapDeps,
  mayTry: (subject: string) => boolean = () => true,
): Promise<LdapPerson | undefined> {
  const typed = name.trim()
  if (typed === '' || typed.length > 256 || typed.includes('\0') || password === '' || password.length > 1024) return undefined
  const { directory, open } = await enter(provider, deps)
  return within(open, async () => {
    await open.bindReader()
    const found = await open.find(typed)
    const [person] = found
    if (person === undefined || found.length > 1 || !mayTry(person.subject)) {
      // As much work as for somebody who is there.
      await open.bindAs(`cn=${randomUUID()},${directory.base}`, password)
      return undefined
    }
    if (!(await open.bindAs(person.dn, password))) return undefined
    // A person may see less than who looks people up.
    await open.bindReader()
    const { subject, name: called, email } = person
    return { subject, name: called, email, groups: await open.groupsOf(person) }
  })
}

/** One step of a test; `message` is how to mend it where it failed, else what was found. */
export interface Done {
  readonly step: Step
  readonly ok: boolean
  readonly message: string
}

/** Each step up to the one that fails. With a name: whether that person is found, and in which groups. */
export async function testLdap(provider: LdapProvider, deps: LdapDeps, name = ''): Promise<Done[]> {
  const done: Done[] = []
  const ok = (step: Step, message = '') => void done.push({ step, ok: true, message })
  try {
    const { directory, open } = await enter(provider, deps)
    ok('connect', `${directory.host}:${directory.port}`)
    ok('tls', directory.security)
    return await within(open, async () => {
      await open.bindReader()
      ok('bind', directory.bindDn)
      const found = await open.find(name.trim() === '' ? randomUUID() : name.trim())
      ok('search', directory.base)
      if (name.trim() === '') return done
      if (found.length !== 1) throw notOne(found.length)
      ok('user', found[0]!.dn)
      ok('groups', (await open.groupsOf(found[0]!)).join('\n'))
      return done
    })
  } catch (error) {
    const step = error instanceof FairleadError ? error.details?.['step'] : undefined
    if (step === undefined) throw error
    return [...done, { step: step as Step, ok: false, message: (error as Error).message }]
  }
}

function notOne(count: number): FairleadError {
  const message =
    count === 0
      ? 'Nobody of that name is there: is the name attribute right, and does the user filter let this person in?'
      : 'More than one entry has that name: narrow the base or the user filter, or choose another name attribute.'
  return new FairleadError('bad_upstream', message, { details: { step: 'user' } })
}

async function enter({ settings, password }: LdapProvider, deps: LdapDeps): Promise<{ directory: Directory; open: OpenDirectory }> {
  const directory = readDirectory(settings)
  const ready = { addressOf: deps.addressOf, timeoutMs: deps.timeoutMs ?? timeoutMs }
  const open = await openDirectory(directory, password, ready).catch((error: unknown) => {
    // The guard's word, for who manages the provider.
    if (codeOf(error) === 'bad_upstream') throw error
    throw new FairleadError(
      'bad_upstream',
      error instanceof FairleadError ? error.message : `The name ${settings.host} leads nowhere: mend it, or the hub’s DNS.`,
      { cause: error, details: { step: 'connect' } },
    )
  })
  return { directory, open }
}

/** Ends with the connection, which a slow directory loses: each of its answers may be in time and all of them never end. */
async function within<T>(open: OpenDirectory, run: () => Promise<T>): Promise<T> {
  const timer = setTimeout(open.close, wholeMs)
  try {
    return await run()
  } finally {
    clearTimeout(timer)
    open.close()
  }
}
