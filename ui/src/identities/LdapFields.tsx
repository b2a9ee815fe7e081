import { For, type JSX } from 'solid-js'
import type { LdapSettings } from '@fairlead/protocol/features/ldap.ts'
import type { Fault } from './fault.ts'
import { Text } from './Text.tsx'
import { say } from './words.ts'

/** What is asked of a directory here; all else is as its preset has it, or as it was set over the API. */
type LdapFieldValues = Pick<LdapSettings, 'preset' | 'host' | 'security' | 'bindDn' | 'base' | 'ca'> & {
  readonly userFilter: string
}

export function ldapValues(before: LdapSettings | undefined): LdapFieldValues {
  const { preset = 'openldap', host = '', security = 'ldaps', bindDn = '', base = '', ca = '', userFilter = '' } = before ?? {}
  return { preset, host: before?.port === undefined ? host : `${host}:${before.port}`, security, bindDn, base, ca, userFilter }
}

/** `host` may name its port. */
export function ldapSettings(values: LdapFieldValues, before: LdapSettings | undefined): LdapSettings {
  const { host, userFilter, ...rest } = values
  const [, name = '', port] = /^(.*?)(?::(\d{1,5}))?$/.exec(host.trim())!
  const { port: _port, userFilter: _filter, ...kept } = before ?? { groupBase: '' }
  return {
    ...kept,
    ...rest,
    kind: 'ldap',
    host: name,
    bindDn: rest.bindDn.trim(),
    base: rest.base.trim(),
    ca: rest.ca.trim(),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(userFilter.trim() === '' ? {} : { userFilter: userFilter.trim() }),
  }
}

export function LdapFields(props: {
  readonly values: LdapFieldValues
  readonly fault: Fault | undefined
  readonly onValues: (some: Partial<LdapFieldValues>) => void
}): JSX.Element {
  return (
    <>
      <label class="field">
        {say('ldap.preset')}
        <select
          value={props.values.preset}
          onChange={(event) => props.onValues({ preset: event.currentTarget.value as LdapSettings['preset'] })}
        >
          <option value="openldap">OpenLDAP</option>
          <option value="active-directory">Active Directory</option>
        </select>
      </label>
      <Text
        name="host"
        fault={props.fault}
        label={say('ldap.host')}
        hint={say('ldap.hostHint')}
        most={260}
        value={props.values.host}
        onValue={(host) => props.onValues({ host })}
      />
      <label class="field">
        {say('ldap.security')}
        <select
          value={props.values.security}
          onChange={(event) => props.onValues({ security: event.currentTarget.value as LdapSettings['security'] })}
        >
          <For each={['ldaps', 'starttls', 'plain'] as const}>{(one) => <option value={one}>{say(`ldap.${one}`)}</option>}</For>
        </select>
      </label>
      <Text
        name="bindDn"
        fault={props.fault}
        label={say('ldap.bindDn')}
        hint={say('ldap.bindDnHint')}
        most={1024}
        value={props.values.bindDn}
        onValue={(bindDn) => props.onValues({ bindDn })}
      />
      <Text
        name="base"
        fault={props.fault}
        label={say('ldap.base')}
        hint={say('ldap.baseHint')}
        most={1024}
        value={props.values.base}
        onValue={(base) => props.onValues({ base })}
      />
      <Text
        name="userFilter"
        fault={props.fault}
        label={say('ldap.filter')}
        hint={say('ldap.filterHint')}
        most={2048}
        value={props.values.userFilter}
        onValue={(userFilter) => props.onValues({ userFilter })}
      />
      <Text
        name="ca"
        fault={props.fault}
        lines={3}
        label={say('ldap.ca')}
        hint={say('ldap.caHint')}
        most={65_536}
        value={props.values.ca}
        onValue={(ca) => props.onValues({ ca })}
      />
    </>
  )
}
