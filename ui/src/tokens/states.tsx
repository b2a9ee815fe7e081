import type { Token } from '@fairlead/protocol/features/tokens.ts'
import { createSignal, type JSX } from 'solid-js'
import { ShownToken } from './NewToken.tsx'
import { TokenTable } from './TokenTable.tsx'

const now = Date.now()
const day = 86_400_000

const token = (name: string, more: Partial<Token> = {}): Token => ({
  id: name,
  name,
  begins: 'fl_pat_4k2mzq_',
  account: { id: 'ada', name: 'Ada', kind: 'person' },
  scopes: ['hosts:read', 'containers:read', 'kites:fly'],
  addresses: [],
  createdMs: now - 30 * day,
  expiresMs: now + 60 * day,
  lastUsedMs: now - 3_600_000,
  lastUsedIp: '203.0.113.7',
  ...more,
})

const tokens = [
  token('Nightly backup'),
  token('Deploy', { scopes: ['hosts:read'], addresses: ['10.0.0.0/8', '2001:db8:1234:5678::/64'], lastUsedMs: 0, lastUsedIp: '' }),
  token('About to end', { expiresMs: now + 3.5 * day }),
  token('Ended', { expiresMs: now - day }),
  token('x'.repeat(64), { account: { id: 'b', name: 'y'.repeat(128), kind: 'service' } }),
]

/** Every state of a token, from fixed samples. */
export function TokenStates(): JSX.Element {
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set(['Deploy']))
  return (
    <>
      <TokenTable owners tokens={tokens} chosen={chosen()} onChoose={setChosen} onRevoke={() => undefined} />
      <TokenTable owners tokens={tokens.slice(0, 2)} />
      <TokenTable tokens={tokens.slice(0, 1)} onRevoke={() => undefined} />
      <section class="box">
        <ShownToken made={{ name: 'Nightly backup', token: `fl_pat_4k2mzq_${'x'.repeat(43)}_1a2b3c`, expiresMs: now + 90 * day }} />
      </section>
    </>
  )
}
