import { createSignal, Show, type JSX } from 'solid-js'
import { encode } from 'uqr'
import type { Factors } from '@fairlead/protocol/features/factors.ts'
import { t, time } from '../i18n/i18n.ts'
import { act, CopyButton } from '../kit/kit.tsx'
import type { OnFactors } from './Codes.tsx'
import { change, demand } from './own.ts'
import { w } from './words.ts'

interface Begun {
  readonly step: string
  readonly secret: string
  readonly uri: string
}

export function Totp(props: { readonly factors: Factors; readonly on: OnFactors }): JSX.Element {
  const [begun, setBegun] = createSignal<Begun>()
  const [code, setCode] = createSignal('')
  let field!: HTMLInputElement

  async function begin(): Promise<void> {
    setCode('')
    await act(w('totp.add'), async () => setBegun(await demand<Begun>(['factors.beginTotp', 'POST', '/factors/totp/begin'], {})), true)
  }

  async function confirm(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const done = await act(w('totp.add'), async () => {
      const given = { step: begun()!.step, code: code() }
      const { recoveryCodes } = await change<{ recoveryCodes: string[] }>(['factors.addTotp', 'POST', '/factors/totp'], given)
      props.on.drawn(recoveryCodes)
    })
    if (!done) return field.select()
    setBegun(undefined)
    props.on.changed()
  }

  async function remove(): Promise<void> {
    await act(w('totp.remove'), () => change(['factors.removeTotp', 'DELETE', '/factors/totp']))
    props.on.changed()
  }

  return (
    <section class="box form">
      <h2>{w('totp.title')}</h2>
      <p class="dim">{props.factors.totpSinceMs === null ? w('totp.none') : w('totp.since', { time: time(props.factors.totpSinceMs) })}</p>
      <Show
        when={begun()}
        fallback={
          <p class="row">
            <button type="button" onClick={() => void begin()}>
              {w(props.factors.totpSinceMs === null ? 'totp.add' : 'totp.again')}
            </button>
            <Show when={props.factors.totpSinceMs !== null}>
              <button type="button" class="danger" onClick={() => void remove()}>
                {w('totp.remove')}
              </button>
            </Show>
          </p>
        }
      >
        {(now) => (
          <form class="stacked" onSubmit={(event) => void confirm(event)}>
            <p>{w('totp.scan')}</p>
            <Square text={now().uri} />
            <p class="row">
              {w('totp.key')}{' '}
              <code class="clip">
                {now()
                  .secret.match(/.{1,4}/g)
                  ?.join(' ')}
              </code>
              <CopyButton text={now().secret} label={t('error.copy')} />
            </p>
            <label class="field">
              {w('totp.code')}
              <input
                ref={(input) => {
                  field = input
                  queueMicrotask(() => input.focus())
                }}
                inputmode="numeric"
                autocomplete="one-time-code"
                maxlength="16"
                required
                value={code()}
                onInput={(event) => setCode(event.currentTarget.value)}
              />
            </label>
            <p class="row">
              <button type="submit" class="primary">
                {w('totp.confirm')}
              </button>
              <button type="button" onClick={() => setBegun(undefined)}>
                {t('cancel')}
              </button>
            </p>
          </form>
        )}
      </Show>
    </section>
  )
}

/** Always dark on light: cameras read it so, whatever the theme. */
function Square(props: { readonly text: string }): JSX.Element {
  const path = () =>
    encode(props.text, { ecc: 'M', border: 2 })
      .data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
      .join('')
  const size = () => encode(props.text, { ecc: 'M', border: 2 }).size
  return (
    <svg class="square" viewBox={`0 0 ${size()} ${size()}`} role="img" aria-label={w('totp.square')} shape-rendering="crispEdges">
      <path d={path()} />
    </svg>
  )
}
