import { Match, Show, Switch, type JSX } from 'solid-js'
import type { State } from '@fairlead/protocol/features/inventory.ts'
import { say } from '../i18n/observe.ts'
import { StateMark } from '../kit/kit.tsx'
import type { TerminalFace } from './terminal.ts'

/** How the terminal is, in a word and a sentence; and what can be done about it. */
export function StateBar(props: {
  readonly terminal: TerminalFace
  readonly containerName: string
  readonly hostName: string
  readonly online: boolean
  readonly onAgain: () => void
  /** Ends it on its host. */
  readonly onEnd: () => void
  readonly onFind: () => void
}): JSX.Element {
  const { terminal } = props
  const now = () => {
    const state = terminal.state()
    return (state === 'live' || state === 'opening') && !props.online ? 'away' : state
  }
  const mark = (): State | 'stale' => {
    const state = now()
    if (state === 'live') return 'ok'
    if (state === 'opening') return 'busy'
    if (state === 'detached' || state === 'away') return 'stale'
    return state === 'exited' ? 'off' : 'critical'
  }
  return (
    <div class="terminal-bar row">
      <StateMark state={mark()} word={say(`terminal.state.${now()}`)} />
      <span class="grow">
        {props.containerName} <span class="dim">{props.hostName}</span>
        <span class="dim said" role="status">
          <Switch>
            <Match when={now() === 'detached'}>{say('terminal.lost')}</Match>
            <Match when={now() === 'away'}>{say('terminal.away', { host: props.hostName })}</Match>
            <Match when={now() === 'gone'}>{say('terminal.gone')}</Match>
            <Match when={now() === 'exited'}>{say('terminal.closed', { code: terminal.exit() ?? '' })}</Match>
            <Match when={!terminal.writer()}>{say('terminal.watching')}</Match>
          </Switch>
        </span>
      </span>
      <Show when={now() === 'live' && !terminal.writer()}>
        <button type="button" class="primary" onClick={() => (terminal.take(), terminal.screen.focus())}>
          {say('terminal.take')}
        </button>
      </Show>
      <Show when={now() === 'exited' || now() === 'gone'}>
        <button type="button" class="primary" onClick={() => props.onAgain()}>
          {say('terminal.again')}
        </button>
      </Show>
      <button type="button" class="hide-phone" aria-pressed={terminal.readAloud()} onClick={() => terminal.turnReadAloud()}>
        {say('terminal.readAloud')}
      </button>
      <button type="button" onClick={() => props.onFind()}>
        {say('terminal.find')}
      </button>
      <button type="button" onClick={() => props.onEnd()}>
        {now() === 'exited' || now() === 'gone' ? say('logs.close') : say('terminal.end')}
      </button>
    </div>
  )
}
