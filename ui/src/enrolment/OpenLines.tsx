import { For, Show, type JSX } from 'solid-js'
import type { MadeLine } from '@fairlead/protocol/features/enrolment.ts'
import { ask } from '../api/api.ts'
import { clock } from '../i18n/i18n.ts'
import { act, plain } from '../kit/kit.tsx'
import { clockOf, createCountdown } from './Line.tsx'
import { say } from './words.ts'

/** Lines that let a host in until somebody uses or cancels them; whoever made one and left finds it again. */
export function OpenLines(props: {
  readonly lines: readonly MadeLine[]
  readonly onWatch: (id: string) => void
  readonly onChange: () => void
}): JSX.Element {
  return (
    <Show when={props.lines.length > 0}>
      <section class="box wizard">
        <h2>{say('open')}</h2>
        <p class="dim">{say('openWhat')}</p>
        <ul class="open-lines">
          <For each={props.lines}>
            {(line) => <OpenLine line={line} onWatch={() => props.onWatch(line.id)} onChange={() => props.onChange()} />}
          </For>
        </ul>
      </section>
    </Show>
  )
}

function OpenLine(props: { readonly line: MadeLine; readonly onWatch: () => void; readonly onChange: () => void }): JSX.Element {
  const left = createCountdown(() => props.line.expiresMs)
  const made = () => say('madeAt', { time: clock(props.line.createdMs) })
  async function cancel(): Promise<void> {
    await act(say('cancel'), () => ask('enrolment.cancel', { id: props.line.id }))
    props.onChange()
  }
  return (
    <li class="row">
      <span class="grow">
        {made()} <span class="dim">{say('left', { left: clockOf(left()) })}</span> {plain(props.line.tags.join(' '))}
      </span>
      <button type="button" aria-label={`${say('watchOne')}: ${made()}`} onClick={() => props.onWatch()}>
        {say('watchOne')}
      </button>
      <button type="button" aria-label={`${say('cancel')}: ${made()}`} onClick={() => void cancel()}>
        {say('cancel')}
      </button>
    </li>
  )
}
