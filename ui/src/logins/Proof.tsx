import { createEffect, createSignal, For, onCleanup, Show, untrack, type JSX } from 'solid-js'
import type { Factor as AnyFactor } from '@fairlead/protocol/api.ts'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Challenge, Given } from '@fairlead/protocol/features/factors.ts'
import { ErrorBox } from '../kit/kit.tsx'
import { passkeysWork, signWith } from './passkey.ts'
import { w } from './words.ts'

/** What is given on this page; a provider is gone to. */
type Factor = Exclude<AnyFactor, 'provider'>

/** One proof of who one is: the strongest that works here first, each other one a click away. What was typed stays after a refusal. */
export function Proof(props: {
  readonly accepts: readonly AnyFactor[]
  readonly challenge: () => Promise<Challenge>
  /** Rejects when it was not taken. */
  readonly send: (given: Given) => Promise<unknown>
}): JSX.Element {
  const usable = () => props.accepts.filter((factor): factor is Factor => factor !== 'provider' && (factor !== 'passkey' || passkeysWork()))
  const [chosen, setChosen] = createSignal<Factor>(untrack(usable)[0] ?? 'password')
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const wait = createWait(() => setError(undefined))
  let field: HTMLInputElement | undefined

  async function given(): Promise<Given> {
    const factor = chosen()
    if (factor === 'passkey') return { factor, answer: await signWith(await props.challenge()) }
    const typed = field?.value ?? ''
    return factor === 'password' ? { factor, password: typed } : { factor, code: typed }
  }

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy() || wait.seconds() > 0) return
    setBusy(true)
    setError(undefined)
    try {
      await props.send(await given())
    } catch (reason) {
      setError(reason)
      wait.begin(reason)
      field?.focus()
      field?.select()
    }
    setBusy(false)
  }

  return (
    <form class="stacked" onSubmit={(event) => void submit(event)} onInput={() => wait.seconds() <= 0 && setError(undefined)}>
      <Show when={chosen() === 'passkey' ? undefined : chosen()} keyed>
        {(factor) => (
          <label class="field">
            {w(`proof.${factor}`)}
            <input
              ref={(input) => {
                field = input
                queueMicrotask(() => input.focus())
              }}
              data-first
              name={factor}
              type={factor === 'password' ? 'password' : 'text'}
              autocomplete={factor === 'password' ? 'current-password' : factor === 'totp' ? 'one-time-code' : 'off'}
              inputmode={factor === 'totp' ? 'numeric' : 'text'}
              spellcheck={false}
              maxlength={factor === 'password' ? 128 : 64}
              required
            />
          </label>
        )}
      </Show>
      <Show when={error()}>{(now) => <ErrorBox error={now()} next={codeOf(now()) === 'internal'} />}</Show>
      <button class="primary" type="submit" disabled={busy() || wait.seconds() > 0} data-first={chosen() === 'passkey' ? '' : undefined}>
        {wait.seconds() > 0
          ? w('proof.wait', { n: wait.seconds() })
          : busy()
            ? w('proof.busy')
            : w(chosen() === 'passkey' ? 'proof.passkey' : 'proof.submit')}
      </button>
      <Show when={usable().length > 1}>
        <p class="row">
          <For each={usable().filter((factor) => factor !== chosen())}>
            {(factor) => (
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  setError(undefined)
                  setChosen(factor)
                }}
              >
                {w(`proof.instead.${factor}`)}
              </button>
            )}
          </For>
        </p>
      </Show>
    </form>
  )
}

/** Seconds that the hub wants one to wait, counted down; `onOver` when there are none left. */
function createWait(onOver: () => void) {
  const [seconds, setSeconds] = createSignal(0)
  createEffect(() => {
    if (seconds() <= 0) return
    const timer = setTimeout(() => {
      if (setSeconds((n) => n - 1) <= 0) onOver()
    }, 1000)
    onCleanup(() => clearTimeout(timer))
  })
  return {
    seconds,
    begin(reason: unknown): void {
      const wanted = (reason as { details?: { retryAfterSeconds?: unknown } }).details?.retryAfterSeconds
      setSeconds(codeOf(reason) === 'rate_limited' && typeof wanted === 'number' ? wanted : 0)
    },
  }
}
