import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Secret, SecretProvider } from '@fairlead/protocol/features/secrets.ts'
import { createSignal, Show, type JSX } from 'solid-js'
import { KeyStanding } from './Key.tsx'
import { ProviderTable } from './Providers.tsx'
import { Revealed, type Value } from './Reveal.tsx'
import { SecretTable } from './SecretTable.tsx'
import { say } from './words.ts'

const now = Date.now()
const day = 86_400_000
const nothing = () => undefined

const secret = (name: string, more: Partial<Secret> = {}): Secret => ({
  name,
  environment: null,
  description: '',
  version: 3,
  createdMs: now - 90 * day,
  updatedMs: now - 3 * day,
  by: 'Ada',
  reference: null,
  orphaned: false,
  ...more,
})
const secrets = [
  secret('DATABASE_PASSWORD', { environment: 'Production', description: 'Of the shop, for reading and writing.' }),
  secret('api-key', { by: '' }),
  secret('smtp-password', { reference: 'vault:mail/smtp#password' }),
  secret('old-token', { reference: 'bao:team/old#token', orphaned: true }),
  secret('X'.repeat(64), { environment: 'y'.repeat(64), by: 'z'.repeat(128), description: 'w'.repeat(512) }),
]

const provider = (name: string, more: Partial<SecretProvider> = {}): SecretProvider => ({
  name,
  address: 'https://vault.example:8200',
  mount: 'secret',
  namespace: '',
  auth: 'token',
  roleId: '',
  authMount: 'approle',
  secret: 'vault-token',
  secretGone: false,
  references: 4,
  createdMs: now - 20 * day,
  ...more,
})
const providers = [
  provider('vault'),
  provider('bao', { auth: 'approle', references: 0 }),
  provider('third', { secretGone: true }),
  provider('four'),
]
const tried = {
  vault: 'good',
  bao: 'busy',
  four: { why: 'Vault does not let this hub in: its policy does not allow that, or the token has ended.' },
} as const

const since = now - 10 * day
const keys = [
  { sinceMs: null, values: 0, left: 0, stuck: 0 },
  { sinceMs: since, values: 42, left: 0, stuck: 0 },
  { sinceMs: now, values: 4200, left: 1300, stuck: 0 },
  { sinceMs: since, values: 42, left: 2, stuck: 2 },
]

/** Every state of secrets, from fixed samples. */
export function SecretStates(): JSX.Element {
  const [shown, setShown] = createSignal<Value | { readonly error: unknown }>()
  const broken = new FairleadError('internal', 'Something went wrong in the hub; its log has the reason under 1a2b3c4d.')
  return (
    <>
      <SecretTable secrets={secrets} />
      <ProviderTable providers={providers} tried={tried} onTest={nothing} onChange={nothing} onRemove={nothing} />
      {keys.map((standing) => (
        <KeyStanding standing={standing} />
      ))}
      <p class="row">
        <button type="button" onClick={() => setShown({ version: 3, value: 'correct horse battery staple' })}>
          {say('reveal')}
        </button>
        <button type="button" onClick={() => setShown({ error: broken })}>
          {say('reveal.failed')}
        </button>
      </p>
      <Show when={shown()}>
        {(value) => <Revealed name="DATABASE_PASSWORD" shown={value()} leftSeconds={30} onClose={() => setShown(undefined)} />}
      </Show>
    </>
  )
}
