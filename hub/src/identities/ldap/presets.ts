import { FilterParser, type Filter } from 'ldapts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { LdapSettings } from '@fairlead/protocol/features/ldap.ts'

/** Settings with nothing left open. Filters are parsed: what a person types is never part of their text. */
export type Directory = Filled & { readonly userFilter: Filter; readonly groupFilter: Filter }

type Open = Omit<LdapSettings, 'kind' | 'preset' | 'userFilter' | 'groupFilter'>
type Filled = { readonly [K in keyof Open]-?: Exclude<Open[K], undefined> }

const presets = {
  openldap: {
    userFilter: '(objectClass=inetOrgPerson)',
    nameAttributes: ['uid'],
    subjectAttribute: 'entryUUID',
    displayAttribute: 'cn',
    emailAttribute: 'mail',
    groupsFrom: 'member-of',
    groupFilter: '(objectClass=groupOfNames)',
    memberAttribute: 'member',
  },
  'active-directory': {
    // People, no computers, nobody who is disabled.
    userFilter: '(&(objectCategory=person)(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
    nameAttributes: ['sAMAccountName', 'userPrincipalName'],
    subjectAttribute: 'objectGUID',
    displayAttribute: 'displayName',
    emailAttribute: 'mail',
    groupsFrom: 'nested',
    groupFilter: '(objectCategory=group)',
    memberAttribute: 'member',
  },
} as const satisfies Record<LdapSettings['preset'], object>

/** Throws `invalid_input` naming the field. */
export function readDirectory({ preset, kind: _kind, port, groupBase, ...given }: LdapSettings): Directory {
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as typeof given
  // What was left open is the preset's: nothing is undefined any more.
  const whole = { ...presets[preset], ...own } as Omit<Filled, 'port' | 'groupBase'> & {
    readonly userFilter: string
    readonly groupFilter: string
  }
  if (given.ca !== '' && !given.ca.includes('-----BEGIN CERTIFICATE-----'))
    throw invalid('ca', 'This is no certificate in PEM form; it begins with -----BEGIN CERTIFICATE-----.')
  return {
    ...whole,
    port: port ?? (given.security === 'ldaps' ? 636 : 389),
    groupBase: groupBase === '' ? given.base : groupBase,
    userFilter: parse('userFilter', whole.userFilter),
    groupFilter: parse('groupFilter', whole.groupFilter),
  }
}

function parse(field: string, text: string): Filter {
  try {
    return FilterParser.parseString(text)
  } catch (cause) {
    throw invalid(field, 'This is no LDAP filter; one looks like (objectClass=person).', cause)
  }
}

function invalid(field: string, message: string, cause?: unknown): FairleadError {
  return new FairleadError('invalid_input', message, { cause, details: { field, step: 'settings' } })
}
