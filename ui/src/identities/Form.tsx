import { createSignal, Show, untrack, type JSX } from 'solid-js'
import type { Provider } from '@fairlead/protocol/features/identities.ts'
import { ask } from '../api/api.ts'
import { AskDialog } from '../kit/ask.tsx'
import { LdapFields, ldapSettings, ldapValues } from './LdapFields.tsx'
import { Text } from './Text.tsx'
import { say } from './words.ts'

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
    props.onDone(
      before === undefined
        ? await ask('identities.create', { ...given, enabled: false })
        : await ask('identities.update', { id: before.id, ...given }),
    )
  }

  return (
    <AskDialog
      wide
      title={before === undefined ? say('add') : `${say('edit')}: ${before.name}`}
      action={before === undefined ? say('add') : say('save')}
      disabled={incomplete()}
      send={send}
      onClose={props.onClose}
    >
      <Text first label={say('name')} hint={say('name.hint')} most={64} value={fields().name} onValue={(name) => set({ name })} />
      <Show when={before === undefined}>
        <label class="field">
          {say('kind')}
          <select value={kind()} onChange={(event) => setKind(event.currentTarget.value as 'oidc' | 'ldap')}>
            <option value="oidc">OpenID Connect</option>
            <option value="ldap">LDAP, Active Directory</option>
          </select>
        </label>
      </Show>
      <Show when={kind() === 'oidc'} fallback={<LdapFields values={ldap()} onValues={(some) => setLdap({ ...ldap(), ...some })} />}>
        <Text label={say('issuer')} hint={say('issuer.hint')} most={512} value={fields().issuer} onValue={(issuer) => set({ issuer })} />
        <Text label={say('clientId')} most={256} value={fields().clientId} onValue={(clientId) => set({ clientId })} />
      </Show>
      <Text
        secret
        label={say(kind() === 'oidc' ? 'secret' : 'ldap.password')}
        hint={say(before?.hasSecret === true ? 'secret.kept' : 'secret.new')}
        most={2048}
        value={fields().secret}
        onValue={(secret) => set({ secret })}
      />
      <Show when={kind() === 'oidc'}>
        <Text label={say('scopes')} most={256} value={fields().scopes} onValue={(scopes) => set({ scopes })} />
        <Text
          label={say('groupsClaim')}
          hint={say('groupsClaim.hint')}
          most={128}
          value={fields().groupsClaim}
          onValue={(groupsClaim) => set({ groupsClaim })}
        />
      </Show>
      <label class="field">
        {say('second')}
        <select value={fields().secondFactor} onChange={(event) => set({ secondFactor: event.currentTarget.value as 'here' | 'provider' })}>
          <option value="here">{say('second.here')}</option>
          <option value="provider">{say('second.provider')}</option>
        </select>
      </label>
      <label class="check">
        <input type="checkbox" checked={fields().justInTime} onChange={(event) => set({ justInTime: event.currentTarget.checked })} />
        {say('justInTime')}
      </label>
      <label class="check">
        <input type="checkbox" checked={fields().provisioned} onChange={(event) => set({ provisioned: event.currentTarget.checked })} />
        {say('provisioned')}
      </label>
      <Show when={fields().provisioned}>
        <p class="dim">{say('provisioned.hint')}</p>
      </Show>
    </AskDialog>
  )
}
