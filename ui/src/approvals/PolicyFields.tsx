import { A } from '@solidjs/router'
import { For, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { Part } from '../kit/ask.tsx'
import { act } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { say, verbWords } from './words.ts'

/** What an organization puts under four eyes, one verb at a time. */
export function PolicyFields(): JSX.Element {
  const policy = createLoaded('settings:read', { all: [] as string[], on: [] as string[] }, () => ask('approvals.policy', {}))
  async function turn(verb: string, on: boolean): Promise<void> {
    const before = policy.now()?.on ?? []
    const next = on ? [...before, verb] : before.filter((one) => one !== verb)
    await act(verbWords(verb), () => ask('approvals.setPolicy', { on: next }))
    await policy.load()
  }
  return (
    <section class="box settings">
      <h2>{say('policy.title')}</h2>
      <p class="dim">
        {say('policy.what')}{' '}
        <A class="inline" href="/approvals">
          {say('ask.page')}
        </A>
      </p>
      <Part of={policy} what={say('policy.error')} lines={3}>
        {(now) => <PolicyList policy={now()} disabled={!may('organization:manage')} onTurn={(verb, on) => void turn(verb, on)} />}
      </Part>
    </section>
  )
}

export function PolicyList(props: {
  readonly policy: { readonly all: readonly string[]; readonly on: readonly string[] }
  readonly disabled: boolean
  readonly onTurn: (verb: string, on: boolean) => void
}): JSX.Element {
  return (
    <For each={props.policy.all}>
      {(verb) => (
        <label class="row tight two-eyes">
          <input
            type="checkbox"
            checked={props.policy.on.includes(verb)}
            disabled={props.disabled}
            onChange={(event) => {
              const wanted = event.currentTarget.checked
              // It shows what holds; whether that changes is the hub's to say.
              event.currentTarget.checked = !wanted
              props.onTurn(verb, wanted)
            }}
          />
          {verbWords(verb)}
        </label>
      )}
    </For>
  )
}
