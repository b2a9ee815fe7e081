import { createSignal, For, Show, type JSX } from 'solid-js'
import { ago, t } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { ErrorBox, plain, StateMark } from '../kit/kit.tsx'
import { createFleetPage } from '../kit/live.ts'
import { SearchField } from '../kit/SearchField.tsx'
import { keyOf, type HeldTerminal } from './held.ts'
import { shutReason } from './shut.ts'
import type { TerminalTabs } from './workspace.ts'

const shownRows = 50

/** Terminals that hosts hold, to come back to; and containers, to open a new one in. */
export function Choose(props: { readonly tabs: TerminalTabs; readonly onDone?: () => void }): JSX.Element {
  const [filter, setFilter] = createSignal('')
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal('')
  const { hosts } = props.tabs
  const {
    state,
    error: listError,
    retry,
  } = createFleetPage(() => ({
    kind: 'container',
    filter: `state:running ${filter()}`.trim(),
    sort: 'name',
    offset: 0,
    limit: shownRows,
  }))
  const others = () => hosts.held().filter((one) => !props.tabs.tabs().includes(keyOf(one)))
  async function open(host: string, id: string): Promise<void> {
    setError(undefined)
    setBusy(`${host}/${id}`)
    try {
      await props.tabs.open(host, id)
      props.onDone?.()
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy('')
    }
  }

  return (
    <div class="choose">
      <Show when={error() ?? listError()}>{(now) => <ErrorBox error={now()} onRetry={() => (setError(undefined), retry())} />}</Show>
      <Show when={hosts.silent().length > 0}>
        <p class="log-note" role="status">
          ◌ {say('terminal.silent', { hosts: plain(hosts.silent().join(', ')) })}
        </p>
      </Show>
      <Show when={others().length > 0}>
        <h2>{say('terminal.held')}</h2>
        <ul class="held">
          <For each={others()}>
            {(one) => (
              <Held
                one={one}
                online={hosts.isOnline(one.host)}
                onAttach={() => {
                  props.tabs.attach(one)
                  props.onDone?.()
                }}
                onEnd={() => void props.tabs.end(keyOf(one))}
              />
            )}
          </For>
        </ul>
      </Show>
      <h2>{say('terminal.new')}</h2>
      <SearchField label={say('logs.pick.filter')} value={filter()} onInput={setFilter} />
      <ul class="held">
        <For
          each={state.rows}
          fallback={<li class="dim">{state.ready ? say(filter() === '' ? 'terminal.noneRuns' : 'logs.pick.none') : t('loading')}</li>}
        >
          {(row) => (
            <li>
              <StateMark state={row.staleMs === undefined ? row.state : 'stale'} word="" />
              <bdi>{plain(row.name)}</bdi>
              <bdi class="dim">{plain(row.hostName)}</bdi>
              <span class="grow" />
              <button
                type="button"
                disabled={shutReason(row) !== undefined || busy() !== ''}
                title={shutReason(row) === undefined ? '' : say(shutReason(row)!)}
                aria-label={say('terminal.openIn', { name: plain(row.name), host: plain(row.hostName) })}
                onClick={() => void open(row.host, row.id)}
              >
                {say('terminal.open')}
              </button>
            </li>
          )}
        </For>
      </ul>
    </div>
  )
}

function Held(props: {
  readonly one: HeldTerminal
  readonly online: boolean
  readonly onAttach: () => void
  readonly onEnd: () => void
}): JSX.Element {
  const about = () => props.one.about
  return (
    <li>
      <StateMark state={!props.online ? 'stale' : about().exitCode === undefined ? 'ok' : 'off'} word="" />
      <bdi>{plain(about().name || about().containerName)}</bdi>
      <bdi class="dim">{plain(props.one.hostName)}</bdi>
      <code class="dim">{plain(about().command.join(' '))}</code>
      <span class="dim">
        <Show when={about().exitCode === undefined} fallback={say('terminal.closed', { code: about().exitCode! })}>
          {about().viewers > 0 ? say('terminal.viewers', { n: about().viewers }) : say('terminal.alone', { age: ago(about().idleSinceMs) })}
        </Show>
      </span>
      <span class="grow" />
      <button type="button" disabled={!props.online} onClick={() => props.onAttach()}>
        {say('terminal.attach')}
      </button>
      <button type="button" disabled={!props.online} onClick={() => props.onEnd()}>
        {say('terminal.end')}
      </button>
    </li>
  )
}
