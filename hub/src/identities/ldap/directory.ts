import { AndFilter, Client, EqualityFilter, ExtensibleFilter, OrFilter, type Entry, type Filter } from 'ldapts'
import { fault, framed, openConnection, type ConnectDeps, type Step } from './connect.ts'
import { canonicalDn } from './dn.ts'
import type { Directory } from './presets.ts'

/** Somebody of a directory. */
export interface Found {
  readonly dn: string
  /** Stays when the entry is renamed or moved. */
  readonly subject: string
  readonly name: string
  /** Undefined: the entry says none. */
  readonly email: string | undefined
  /** Of `member-of`, as the entry itself says. */
  readonly memberOf: readonly string[]
}

export interface OpenDirectory {
  /** As who looks people up. */
  bindReader(): Promise<void>
  /** Everybody whose name this is, two at most. */
  find(name: string): Promise<readonly Found[]>
  /** Whether it is their password. The connection then is theirs. */
  bindAs(dn: string, password: string): Promise<boolean>
  /** Canonical names of the groups of somebody, sorted. */
  groupsOf(person: Found): Promise<readonly string[]>
  close(): void
}

const mostGroups = 1000
/** Active Directory's own: through groups in groups. */
const inChain = '1.2.840.113556.1.4.1941'
const invalidCredentials = 49

/** What a search needs beside what it asks. */
interface Asking {
  readonly client: Client
  readonly directory: Directory
  readonly timeoutMs: number
}

/** One connection. Whatever fails throws `bad_upstream` with the step and how to mend it. */
export async function openDirectory(directory: Directory, password: string, deps: ConnectDeps): Promise<OpenDirectory> {
  const { host, port, bindDn } = directory
  const socket = await openConnection(directory, deps)
  // It is open and safe already; the library asks no more of it than this.
  const ready = Object.assign(framed(socket), { connecting: false, readyState: 'open' })
  ready.on('error', () => undefined)
  // Plain `ldap:` to the library: TLS is underneath. The one cast: it wants a Socket, of which it uses what a Duplex has.
  const client = new Client({ url: 'ldap://directory', timeout: deps.timeoutMs, createConnection: (() => ready) as never })
  const asking = { client, directory, timeoutMs: deps.timeoutMs }

  return {
    async bindReader() {
      try {
        await client.bind(bindDn, password)
      } catch (cause) {
        const why = codeOfResult(cause)
        const wrong = `The directory does not take ${bindDn} with this password: mend one of them.`
        throw fault(
          'bind',
          why === invalidCredentials ? wrong : `The directory at ${host}:${port} did not let ${bindDn} in (${why}).`,
          cause,
        )
      }
    },
    find: (name) => findPeople(asking, name),
    async bindAs(dn, typed) {
      // A bind without a password is answered with success by many a directory: it says nothing of who asks.
      if (typed === '' || canonicalDn(dn) === undefined) return false
      try {
        await client.bind(dn, typed)
        return true
      } catch (cause) {
        if (typeof codeOfResult(cause) === 'number') return false
        throw fault('user', `The directory at ${host}:${port} stopped answering.`, cause)
      }
    },
    async groupsOf({ dn, memberOf }) {
      const groups = directory.groupsFrom === 'member-of' ? memberOf : await searchGroups(asking, dn)
      if (groups.length > mostGroups)
        throw fault('groups', `${dn} is in more than ${mostGroups} groups: narrow the group filter to those that matter here.`)
      return [...new Set(groups.flatMap((group) => canonicalDn(group) ?? []))].sort()
    },
    // Not asked to say goodbye: a directory that does not answer would be waited for.
    close: () => ready.destroy(),
  }
}

async function findPeople(asking: Asking, name: string): Promise<Found[]> {
  const { base, nameAttributes, subjectAttribute, displayAttribute, emailAttribute, userFilter } = asking.directory
  // The name is a value of its own, never part of a text that means something.
  const named = nameAttributes.map((attribute) => new EqualityFilter({ attribute, value: name }))
  const filter = new AndFilter({ filters: [userFilter, new OrFilter({ filters: named })] })
  const attributes = [subjectAttribute, displayAttribute, emailAttribute, 'memberOf']
  return (await search(asking, { step: 'search', where: base, filter, attributes, most: 2 })).map((entry) => {
    const subject = textsOf(entry, subjectAttribute)[0] ?? ''
    // A replacement character stands for bytes that were lost: two people could be one.
    if (subject === '' || subject.includes('\uFFFD') || canonicalDn(entry.dn) === undefined)
      throw fault('search', `${entry.dn} has no ${subjectAttribute}: choose an attribute that every person has and that never changes.`)
    return {
      dn: entry.dn,
      subject,
      name: (textsOf(entry, displayAttribute)[0] ?? name).slice(0, 128),
      email: textsOf(entry, emailAttribute)[0],
      memberOf: textsOf(entry, 'memberOf'),
    }
  })
}

async function searchGroups(asking: Asking, dn: string): Promise<string[]> {
  const { memberAttribute, groupBase, groupsFrom, groupFilter } = asking.directory
  const member =
    groupsFrom === 'nested'
      ? new ExtensibleFilter({ matchType: memberAttribute, rule: inChain, value: dn })
      : new EqualityFilter({ attribute: memberAttribute, value: dn })
  const filter = new AndFilter({ filters: [groupFilter, member] })
  const found = await search(asking, { step: 'groups', where: groupBase, filter, attributes: ['1.1'], most: mostGroups + 1 })
  return found.map((entry) => entry.dn)
}

interface Wanted {
  readonly step: Step
  readonly where: string
  readonly filter: Filter
  readonly attributes: string[]
  readonly most: number
}

async function search({ client, directory, timeoutMs }: Asking, { step, where, filter, attributes, most }: Wanted): Promise<Entry[]> {
  const timeLimit = Math.ceil(timeoutMs / 1000)
  const options = { scope: 'sub', derefAliases: 'never', filter, attributes, sizeLimit: most, timeLimit } as const
  try {
    // Referrals are counted by nobody and followed by nobody.
    return (await client.search(where, { ...options, explicitBufferAttributes: ['objectGUID'] })).searchEntries
  } catch (cause) {
    const why = `does that entry exist, and may ${directory.bindDn} read it?`
    throw fault(step, `The search under ${where} failed (${codeOfResult(cause)}): ${why}`, cause)
  }
}

/** Attributes are named without regard to case. Bytes are written as hexadecimal digits. */
function textsOf(entry: Entry, attribute: string): string[] {
  const key = Object.keys(entry).find((name) => name.toLowerCase() === attribute.toLowerCase())
  const value = key === undefined ? [] : entry[key]!
  const values: readonly (string | Buffer)[] = Array.isArray(value) ? value : [value]
  return values.map((one) => (typeof one === 'string' ? one : one.toString('hex'))).filter((one) => one !== '')
}

/** The directory's own number; `no answer` where it gave none. */
function codeOfResult(cause: unknown): number | string {
  const code = (cause as { code?: unknown } | null)?.code
  return typeof code === 'number' ? code : 'no answer'
}
