import { createSignal, type JSX } from 'solid-js'
import { ask, type ForTwo } from '../api/api.ts'
import { AskDialog } from '../kit/ask.tsx'
import { tell } from '../kit/kit.tsx'
import { say } from './words.ts'

/** What was just refused for want of a second person is asked of one. */
export function AskApproval(props: { readonly asked: ForTwo; readonly onClose: () => void }): JSX.Element {
  const [why, setWhy] = createSignal('')
  async function send(): Promise<void> {
    const { method, input } = props.asked
    await ask('approvals.request', { method, input, why: why().trim() })
    tell(say('ask.sent'))
    props.onClose()
  }
  return (
    <AskDialog title={say('ask.title')} action={say('ask.send')} send={send} onClose={props.onClose}>
      <p>{say('ask.what')}</p>
      <label class="field">
        {say('why')}
        <input data-first maxlength="500" autocomplete="off" onInput={(event) => setWhy(event.currentTarget.value)} />
      </label>
    </AskDialog>
  )
}
