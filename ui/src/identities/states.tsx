import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Identity, Provider, TestStep } from '@fairlead/protocol/features/identities.ts'
import { For, type JSX } from 'solid-js'
import { Empty, ErrorBox, Skeleton } from '../kit/kit.tsx'
import { DirectoryWay } from '../logins/DirectoryWay.tsx'
import { WayButtons, WhyNot } from '../logins/Ways.tsx'
import { LdapFields, ldapValues } from './LdapFields.tsx'
import { OwnList } from './OwnIdentities.tsx'
import { ProviderTable } from './Providers.tsx'
import { RuleList } from './Rules.tsx'
import { Steps } from './Test.tsx'
import { say } from './words.ts'

const nothing = () => undefined
const nowMs = Date.now()
const provider = (name: string, more: Partial<Provider> = {}): Provider => ({
  id: name,
  name,
  enabled: true,
  settings: { kind: 'oidc', issuer: 'https://id.example.test/realms/staff', clientId: 'fairlead', scopes: 'openid', groupsClaim: 'groups' },
  hasSecret: true,
  justInTime: true,
  provisioner: '',
  heardHours: 24,
  secondFactor: 'here',
  callback: 'https://hub.example.test/auth/oidc/one/callback',
  rules: [
    { id: '1', group: 'ops', role: { id: 'operator', name: 'operator' }, reach: { on: 'organization', target: '', name: '' } },
    { id: '2', group: '*', role: { id: 'viewer', name: 'viewer' }, reach: { on: 'tag', target: 'shop', name: 'shop' } },
    { id: '3', group: 'g'.repeat(128), role: { id: 'viewer', name: 'viewer' }, reach: { on: 'host', target: 'h', name: 'web-1' } },
  ],
  people: 12,
  ...more,
})
const directory = {
  kind: 'ldap',
  preset: 'active-directory',
  host: 'directory.example.test',
  port: 3269,
  security: 'ldaps',
  ca: '',
  bindDn: `cn=reader,${'ou=people,'.repeat(20)}dc=example,dc=test`,
  base: 'dc=example,dc=test',
  groupBase: '',
} as const
const faults = ['host', 'bindDn', 'base', 'userFilter', 'ca'] as const
const all = [
  provider('Harbour'),
  provider('Closed one', { enabled: false, rules: [], people: 0 }),
  provider('Book', { settings: directory, callback: '' }),
  provider('n'.repeat(64)),
]

const steps: readonly TestStep[] = [
  { step: 'discovery', state: 'ok', why: '', detail: '' },
  { step: 'issuer', state: 'failed', why: 'issuer', detail: 'id.example.test calls itself another issuer.' },
  { step: 'pkce', state: 'warn', why: 'pkce-unsaid', detail: '' },
  { step: 'client', state: 'skipped', why: '', detail: '' },
  { step: 'tls', state: 'failed', why: 'ldap', detail: 'Another authority signed the certificate of localhost.' },
  { step: 'kites', state: 'warn', why: 'new-wind', detail: '' },
]
const identity = (linked: boolean): Identity => ({
  id: String(linked),
  provider: { id: 'one', name: 'Harbour' },
  name: 'Ines Roy',
  email: linked ? 'ines@example.test' : '',
  linked,
  createdMs: nowMs - 86_400_000,
  usedMs: nowMs - 60_000,
})
const offered = {
  organization: 'o',
  providers: [
    { id: 'one', name: 'Harbour', kind: 'oidc' },
    { id: 'two', name: 'n'.repeat(64), kind: 'oidc' },
    { id: 'three', name: 'Book', kind: 'ldap' },
  ],
}

/** Sign-in by providers, in every state that it can be in. */
export function IdentityStates(): JSX.Element {
  return (
    <>
      <Skeleton lines={3} />
      <Empty text={say('empty')} />
      <ErrorBox what={say('error')} error={new FairleadError('host_offline', 'The hub does not answer.')} onRetry={nothing} />
      <ProviderTable providers={all} />
      <RuleList provider={all[0]!} onChanged={async () => undefined} />
      <RuleList provider={all[1]!} onChanged={async () => undefined} />
      <Steps steps={steps} />
      <OwnList identities={[identity(true), identity(false)]} fixed={false} onUnlink={nothing} />
      <OwnList identities={[]} fixed={false} onUnlink={nothing} />
      <For each={['late', 'refused', 'failed', 'unreachable', 'no-role', 'unknown', 'closed', 'taken', 'new']}>
        {(reason) => <WhyNot reason={reason} />}
      </For>
      <For each={faults}>
        {(field) => (
          <div class="box form">
            <LdapFields values={ldapValues(directory)} fault={{ field, text: say(`fault.${field}`) }} onValues={nothing} />
          </div>
        )}
      </For>
      <DirectoryWay provider={{ id: 'three', name: 'Book' }} organization="o" />
      <WayButtons offered={offered} onGo={nothing} onStep={nothing} />
    </>
  )
}
