import { Show, type JSX } from 'solid-js'
import type { Factors } from '@fairlead/protocol/features/factors.ts'
import { act, CopyButton, Note } from '../kit/kit.tsx'
import { change } from './own.ts'
import { w } from './words.ts'

/** What the parts of the page tell it. */
export interface OnFactors {
  changed(): void
  /** Recovery codes that came with a change; empty: none did. */
  drawn(codes: readonly string[]): void
}

export function Codes(props: { readonly factors: Factors; readonly on: OnFactors }): JSX.Element {
  const has = () => props.factors.totpSinceMs !== null || props.factors.passkeys.length > 0
  async function draw(): Promise<void> {
    await act(w('codes.draw'), async () => {
      const path = ['factors.drawCodes', 'POST', '/factors/recovery-codes'] as const
      props.on.drawn((await change<{ recoveryCodes: string[] }>(path, {})).recoveryCodes)
    })
    props.on.changed()
  }
  return (
    <section class="box form">
      <h2>{w('codes.title')}</h2>
      <p class="dim">{has() ? w('codes.left', { n: props.factors.recoveryCodesLeft }) : w('codes.none')}</p>
      <Show when={has()}>
        <button type="button" onClick={() => void draw()}>
          {w('codes.draw')}
        </button>
      </Show>
    </section>
  )
}

/** The one time that they are shown: they stay until one says that they are kept. */
export function ShownCodes(props: { readonly codes: readonly string[]; readonly onKept: () => void }): JSX.Element {
  return (
    <Note state="warn">
      <p>{w('codes.shown')}</p>
      <pre class="codes">{props.codes.join('\n')}</pre>
      <p class="row">
        <CopyButton text={props.codes.join('\n')} label={w('codes.copy')} />
        <button type="button" class="primary" onClick={() => props.onKept()}>
          {w('codes.kept')}
        </button>
      </p>
    </Note>
  )
}
