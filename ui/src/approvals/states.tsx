import { For, type JSX } from 'solid-js'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Approval } from '@fairlead/protocol/features/approvals.ts'
import { Empty, ErrorBox, Skeleton } from '../kit/kit.tsx'
import { ApprovalTable } from './Approvals.tsx'
import { PolicyList } from './PolicyFields.tsx'
import { WaitingMark } from './Waiting.tsx'
import { say } from './words.ts'

const nothing = () => undefined
const nowMs = Date.now()
const hourMs = 3_600_000
const approval = (state: Approval['state'], more: Partial<Approval> = {}): Approval => ({
  id: state,
  method: 'secrets.reveal',
  verb: 'secret.reveal',
  target: 'DATABASE_PASSWORD',
  input: { name: 'DATABASE_PASSWORD' },
  why: 'the shop is down',
  by: { id: 'ada', name: 'Ada' },
  decidedBy: state === 'open' || state === 'expired' ? '' : 'Bea',
  state,
  own: false,
  createdMs: nowMs - hourMs,
  expiresMs: nowMs + hourMs,
  ...more,
})
const all = [
  approval('open'),
  approval('open', { id: 'own', own: true, why: '' }),
  approval('approved', { own: true }),
  approval('refused', { verb: 'host.revoke', target: 'web-1' }),
  approval('used'),
  approval('expired', { verb: 'kite.fly', target: 't'.repeat(128), why: 'w'.repeat(500), by: { id: 'c', name: 'n'.repeat(128) } }),
]
const verbs = ['secret.reveal', 'host.revoke', 'organization.delete', 'kite.fly']
const policy = { all: verbs, on: verbs.slice(0, 2) }

/** What needs two people, in every state that it can be in. */
export function ApprovalStates(): JSX.Element {
  return (
    <>
      <p class="row">
        <For each={[1, 99]}>{(count) => <WaitingMark count={count} />}</For>
      </p>
      <ApprovalTable approvals={all} onDecide={nothing} />
      <Empty text={say('none')} />
      <Skeleton lines={3} />
      <ErrorBox what={say('error')} error={new FairleadError('host_offline', 'The hub does not answer.')} onRetry={nothing} />
      <For each={[false, true]}>
        {(disabled) => (
          <section class="box settings">
            <PolicyList policy={policy} disabled={disabled} onTurn={nothing} />
          </section>
        )}
      </For>
    </>
  )
}
