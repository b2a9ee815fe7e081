import { Show, type JSX } from 'solid-js'
import type { Approval } from '@fairlead/protocol/features/approvals.ts'
import { ask } from '../api/api.ts'
import { time } from '../i18n/i18n.ts'
import { Part } from '../kit/ask.tsx'
import { act, Empty, plain, StateMark } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { Table } from '../kit/Table.tsx'
import { say, whatWords } from './words.ts'

const marks = { open: 'busy', approved: 'ok', refused: 'critical', used: 'off', expired: 'off' } as const

/** What waits for a second person: one's own requests, and those of others that one may decide. */
export function Approvals(): JSX.Element {
  const all = createLoaded<readonly Approval[]>(undefined, [], () => ask('approvals.list', {}))
  async function decide(approval: Approval, yes: boolean): Promise<void> {
    await act(say(yes ? 'yes.to' : 'no.to', { what: whatWords(approval) }), () => ask('approvals.decide', { id: approval.id, yes }))
    await all.load()
  }
  return (
    <>
      <div class="head">
        <h1>{say('title')}</h1>
      </div>
      <p class="dim">{say('intro')}</p>
      <Part of={all} what={say('error')}>
        {(now) => (
          <Show when={now().length > 0} fallback={<Empty text={say('none')} />}>
            <ApprovalTable approvals={now()} onDecide={(approval, yes) => void decide(approval, yes)} />
          </Show>
        )}
      </Part>
    </>
  )
}

export function ApprovalTable(props: {
  readonly approvals: readonly Approval[]
  readonly onDecide: (approval: Approval, yes: boolean) => void
}): JSX.Element {
  return (
    <Table label={say('title')} looks="roomy" heads={[say('what'), say('by'), say('why'), say('state')]} rows={props.approvals}>
      {(approval) => (
        <tr>
          <td class="why" title={JSON.stringify(approval.input)}>
            <strong>{whatWords(approval)}</strong>
          </td>
          <td title={time(approval.createdMs)}>{plain(approval.by.name)}</td>
          <td class="why dim">{plain(approval.why)}</td>
          <td class="why">
            <Show
              when={approval.state === 'open' && !approval.own}
              fallback={
                <StateMark state={marks[approval.state]} word={say(`state.${approval.state}`, { name: plain(approval.decidedBy) })} />
              }
            >
              <span class="row">
                <button
                  type="button"
                  class="primary"
                  aria-label={say('yes.to', { what: whatWords(approval) })}
                  onClick={() => props.onDecide(approval, true)}
                >
                  {say('yes')}
                </button>
                <button
                  type="button"
                  aria-label={say('no.to', { what: whatWords(approval) })}
                  onClick={() => props.onDecide(approval, false)}
                >
                  {say('no')}
                </button>
              </span>
            </Show>
          </td>
        </tr>
      )}
    </Table>
  )
}
