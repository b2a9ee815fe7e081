import type { JSX } from 'solid-js'
import type { Challenge, Given } from '@fairlead/protocol/features/factors.ts'
import type { Me, SecondStep as Step } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'
import { Proof } from './Proof.tsx'
import { w } from './words.ts'

/** After the password: what else the account asks for. */
export function SecondStep(props: { readonly step: Step; readonly onIn: (me: Me) => void; readonly onAgain: () => void }): JSX.Element {
  async function send(given: Given): Promise<void> {
    try {
      props.onIn(await fetchJson<Me>('POST', '/logins/second', { step: props.step.step, given }))
    } catch (error) {
      if ((error as { details?: { again?: unknown } }).details?.again === true) props.onAgain()
      throw error
    }
  }
  return (
    <div class="second">
      <h1>{w('second.title')}</h1>
      <Proof
        accepts={props.step.accepts}
        challenge={() => fetchJson<Challenge>('POST', '/logins/challenge', { step: props.step.step })}
        send={send}
      />
      <button type="button" class="quiet" onClick={() => props.onAgain()}>
        {w('second.again')}
      </button>
    </div>
  )
}
