import { createSignal, createUniqueId, For, Show, untrack, type JSX } from 'solid-js'
import type { Provider } from '@fairlead/protocol/features/identities.ts'
import { ask, fetchJson, proven } from '../api/api.ts'
import { AskDialog } from '../kit/ask.tsx'
import { plain } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { faultOf, type Fault } from './fault.ts'
import { LdapFields, ldapSettings, ldapValues } from './LdapFields.tsx'
import { Text } from './Text.tsx'
import { say } from './words.ts'

const fieldsOf = {
  oidc: ['name', 'secret', 'issuer', 'clientId', 'scopes', 'groupsClaim'],
  ldap: ['name', 'secret', 'host', 'bindDn', 'base', 'userFilter', 'ca'],
} as const

/** A new provider, or one that is changed. What is secret goes in and is never shown. */
export function ProviderForm(props: {
  readonly before?: Provider
  readonly onDone: (provider: Provider) => void
  readonly onClose: () => void
}): JSX.Element {
  const before = untrack(() => props.before)
  const oidc = before?.settings.kind === 'oidc' ? before.settings : undefined
  const directory = before?.settings.kind === 'ldap' ? before.settings : undefined
  const [kind, setKind] = createSignal(before?.settings.kind ?? 'oidc')
  const [ldap, setLdap] = createSignal(ldapValues(directory))
  const [fault, setFault] = createSignal<Fault>()
  const [fields, setFields] = createSignal({
    name: before?.name ?? '',
    secret: '',
    issuer: oidc?.issuer ?? '',
    clientId: oidc?.clientId ?? '',
    scopes: oidc?.scopes ?? 'openid profile email groups',
    groupsClaim: oidc?.groupsClaim ?? 'groups',
    justInTime: before?.justInTime ?? true,
    provisioner: before?.provisioner ?? '',
    heardHours: String(before?.heardHours ?? 24),
  })
  const set = (some: Partial<ReturnType<typeof fields>>) => setFields({ ...fields(), ...some })
  const empty = (...texts: readonly string[]) => texts.some((text) => text.trim() === '')
  const incomplete = () =>
    !(Number(fields().heardHours) >= 1 && Number(fields().heardHours) <= 720) ||
    empty(fields().name, ...(kind() === 'oidc' ? [fields().issuer, fields().clientId] : [ldap().host, ldap().bindDn, ldap().base]))

  async function send(): Promise<void> {
    const { name, secret, justInTime, provisioner, ...rest } = fields()
    const { issuer, clientId, scopes, groupsClaim } = rest
    const asked = {
      kind: 'oidc' as const,
      issuer: issuer.trim(),
      clientId: clientId.trim(),
      scopes: scopes.trim(),
      groupsClaim: groupsClaim.trim(),
    }
    const settings = kind() === 'oidc' ? asked : ldapSettings(ldap(), directory)
    const heardHours = Number(rest.heardHours)
    const given = { name: name.trim(), settings, justInTime, provisioner, heardHours, ...(secret === '' ? {} : { secret }) }
    // Over HTTP, whose refusals name the field: the session's do not.
    const [method, verb, path] =
      before === undefined
        ? (['identities.create', 'POST', '/identity-providers'] as const)
        : (['identities.update', 'PATCH', `/identity-providers/${before.id}`] as const)
    props.onDone(await proven(method, () => fetchJson<Provider>(verb, path, given)))
  }

  return (
    <AskDialog
      wide
      title={before === undefined ? say('add') : say('edit.one', { name: before.name })}
      action={before === undefined ? say('add') : say('save')}
      disabled={incomplete()}
      atField={(error) => setFault(error === undefined ? undefined : faultOf(error, fieldsOf[kind()])) !== undefined}
      send={send}
      onClose={props.onClose}
    >
      <Text
        first
        name="name"
        fault={fault()}
        label={say('name')}
        hint={say('name.hint')}
        most={64}
        value={fields().name}
        onValue={(name) => set({ name })}
      />
      <Show when={before === undefined}>
        <label class="field">
          {say('kind')}
          <select value={kind()} onChange={(event) => setKind(event.currentTarget.value as 'oidc' | 'ldap')}>
            <option value="oidc">OpenID Connect</option>
            <option value="ldap">LDAP, Active Directory</option>
          </select>
        </label>
      </Show>
      <Show
        when={kind() === 'oidc'}
        fallback={<LdapFields fault={fault()} values={ldap()} onValues={(some) => setLdap({ ...ldap(), ...some })} />}
      >
        <Text
          name="issuer"
          fault={fault()}
          label={say('issuer')}
          hint={say('issuer.hint')}
          most={512}
          value={fields().issuer}
          onValue={(issuer) => set({ issuer })}
        />
        <Text
          name="clientId"
          fault={fault()}
          label={say('clientId')}
          most={256}
          value={fields().clientId}
          onValue={(clientId) => set({ clientId })}
        />
      </Show>
      <Text
        secret
        name="secret"
        fault={fault()}
        label={say(kind() === 'oidc' ? 'secret' : 'ldap.password')}
        hint={say(before?.hasSecret === true ? 'secret.kept' : 'secret.new')}
        most={2048}
        value={fields().secret}
        onValue={(secret) => set({ secret })}
      />
      <Show when={kind() === 'oidc'}>
        <Text
          name="scopes"
          fault={fault()}
          label={say('scopes')}
          most={256}
          value={fields().scopes}
          onValue={(scopes) => set({ scopes })}
        />
        <Text
          name="groupsClaim"
          fault={fault()}
          label={say('groupsClaim')}
          hint={say('groupsClaim.hint')}
          most={128}
          value={fields().groupsClaim}
          onValue={(groupsClaim) => set({ groupsClaim })}
        />
      </Show>
      <WhoComes values={fields()} onValues={set} />
    </AskDialog>
  )
}

interface Comes {
  readonly justInTime: boolean
  readonly provisioner: string
  readonly heardHours: string
}

/** What becomes of whoever comes through it. */
function WhoComes(props: { readonly values: Comes; readonly onValues: (some: Partial<Comes>) => void }): JSX.Element {
  const hint = createUniqueId()
  return (
    <>
      <label class="ticked">
        <input
          type="checkbox"
          checked={props.values.justInTime}
          onChange={(event) => props.onValues({ justInTime: event.currentTarget.checked })}
        />
        {say('justInTime')}
      </label>
      <label class="field">
        {say('heard')}
        <input
          type="number"
          min="1"
          max="720"
          aria-describedby={hint}
          value={props.values.heardHours}
          onInput={(event) => props.onValues({ heardHours: event.currentTarget.value })}
        />
        <small id={hint} class="dim">
          {say('heard.tokens')}
        </small>
      </label>
      <Directory value={props.values.provisioner} onValue={(provisioner) => props.onValues({ provisioner })} />
    </>
  )
}

/** The service account of the directory whose people come to the accounts that it made for them. */
function Directory(props: { readonly value: string; readonly onValue: (account: string) => void }): JSX.Element {
  const accounts = createLoaded('accounts:read', [], () => ask('accounts.list', {}))
  const services = () => (accounts.now() ?? []).filter(({ kind }) => kind === 'service')
  const hint = createUniqueId()
  return (
    <label class="field">
      {say('provisioner')}
      <select aria-describedby={hint} onChange={(event) => props.onValue(event.currentTarget.value)}>
        <option value="" selected={props.value === ''}>
          {say('provisioner.none')}
        </option>
        <For each={services()}>
          {({ id, name }) => (
            <option value={id} selected={props.value === id}>
              {plain(name)}
            </option>
          )}
        </For>
      </select>
      <small id={hint} class="dim">
        {say('provisioner.hint')}
      </small>
    </label>
  )
}
