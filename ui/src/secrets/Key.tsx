import { createEffect, onCleanup, Show, type JSX } from 'solid-js'
import type { SecretKey } from '@fairlead/protocol/features/secrets.ts'
import { ask } from '../api/api.ts'
import { time } from '../i18n/i18n.ts'
import { Locked, Part } from '../kit/ask.tsx'
import { act, Note } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { say } from './words.ts'

const lookMs = 2000
const none: SecretKey = { sinceMs: null, values: 0, left: 0, stuck: 0 }

/** The key under which all secrets of the organization are sealed, and how far a change of it is. */
export function Key(): JSX.Element {
  const key = createLoaded('secrets:read', none, () => ask('secrets.key', {}))
  createEffect(() => {
    const { left, stuck } = key.now() ?? none
    if (left <= stuck) return
    const timer = setTimeout(() => void key.load(), lookMs)
    onCleanup(() => clearTimeout(timer))
  })
  async function rotate(): Promise<void> {
    await act(say('key.rotate'), () => ask('secrets.rotateKey', {}))
    await key.load()
  }
  return (
    <>
      <p class="dim">{say('key.intro')}</p>
      <Part of={key} what={say('error.key')} lines={3}>
        {(now) => <KeyStanding standing={now()} />}
      </Part>
      <Show when={may('secrets:write')} fallback={<Locked permission="secrets:write" />}>
        <section class="box form">
          <p>{say('key.rotateWhat')}</p>
          <button type="button" disabled={(key.now() ?? none).sinceMs === null} onClick={() => void rotate()}>
            {say('key.rotate')}
          </button>
        </section>
      </Show>
    </>
  )
}

export function KeyStanding(props: { readonly standing: SecretKey }): JSX.Element {
  const done = () => props.standing.values - props.standing.left
  return (
    <section class="box form">
      <Show when={props.standing.sinceMs} fallback={<p>{say('key.none')}</p>}>
        {(since) => (
          <>
            <p>
              <strong>{say('key.since', { time: time(since()) })}</strong> · {say('key.values', { n: props.standing.values })}
            </p>
            <Show when={props.standing.left > 0} fallback={<p class="dim">{say('key.done')}</p>}>
              <p role="status">{say('key.busy', { done: done(), all: props.standing.values })}</p>
              <progress
                class="wide"
                max={props.standing.values}
                value={done()}
                aria-label={say('key.busy', { done: done(), all: props.standing.values })}
              />
            </Show>
            <Show when={props.standing.stuck > 0}>
              <Note state="critical">{say('key.stuck', { n: props.standing.stuck })}</Note>
            </Show>
          </>
        )}
      </Show>
    </section>
  )
}
