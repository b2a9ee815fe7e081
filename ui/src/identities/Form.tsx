import { createSignal, Show, untrack, type JSX } from 'solid-js'
import type { Provider } from '@fairlead/protocol/features/identities.ts'
import { fetchJson, proven } from '../api/api.ts'
import { AskDialog } from '../kit/ask.tsx'
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
    secondFactor: before?.secondFactor ?? ('here' as const),
    provisioned: before?.provisioned ?? false,
  })
  const set = (some: Partial<ReturnType<typeof fields>>) => setFields({ ...fields(), ...some })
  const empty = (...texts: readonly string[]) => texts.some((text) => text.trim() === '')
  const incomplete = () =>
    empty(fields().name, ...(kind() === 'oidc' ? [fields().issuer, fields().clientId] : [ldap().host, ldap().bindDn, ldap().base]))

  async function send(): Promise<void> {
    const { name, secret, justInTime, secondFactor, provisioned, ...rest } = fields()
    const { issuer, clientId, scopes, groupsClaim } = rest
    const asked = {
      kind: 'oidc' as const,
      issuer: issuer.trim(),
      clientId: clientId.trim(),
      scopes: scopes.trim(),
      groupsClaim: groupsClaim.trim(),
    }
    const settings = kind() === 'oidc' ? asked : ldapSettings(ldap(), directory)
    const given = { name: name.trim(), settings, justInTime, secondFactor, provisioned, ...(secret === '' ? {} : { secret }) }
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
      title={before === undefined ? say('add') : `${say('edit')}: ${before.name}`}
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

type Comes = Pick<Provider, 'secondFactor' | 'justInTime' | 'provisioned'>

/** What becomes of whoever comes through it. */
function WhoComes(props: { readonly values: Comes; readonly onValues: (some: Partial<Comes>) => void }): JSX.Element {
  return (
    <>
      <label class="field">
        {say('second')}
        <select
          value={props.values.secondFactor}
          onChange={(event) => props.onValues({ secondFactor: event.currentTarget.value as 'here' | 'provider' })}
        >
          <option value="here">{say('second.here')}</option>
          <option value="provider">{say('second.provider')}</option>
        </select>
      </label>
      <label class="ticked">
        <input
          type="checkbox"
          checked={props.values.justInTime}
          onChange={(event) => props.onValues({ justInTime: event.currentTarget.checked })}
        />
        {say('justInTime')}
      </label>
      <label class="ticked">
        <input
          type="checkbox"
          checked={props.values.provisioned}
          onChange={(event) => props.onValues({ provisioned: event.currentTarget.checked })}
        />
        {say('provisioned')}
      </label>
      <Show when={props.values.provisioned}>
        <p class="dim">{say('provisioned.hint')}</p>
      </Show>
    </>
  )
}
