import { createEffect, createSignal, on, onCleanup, Show, type JSX } from 'solid-js'
import type { Terminal } from '@fairlead/protocol/features/terminals.ts'
import { ask } from '../api/api.ts'
import { say } from '../i18n/observe.ts'
import { Empty, ErrorBox, Skeleton } from '../kit/kit.tsx'
import { createHeld, listHeld } from './held.ts'
import { TerminalPane } from './TerminalPane.tsx'

/** A container's terminal: the one its host holds already, or a new one. */
export function TerminalView(props: { readonly host: string; readonly id: string }): JSX.Element {
  const [about, setAbout] = createSignal<Terminal>()
  const [error, setError] = createSignal<unknown>()
  const [ended, setEnded] = createSignal(false)
  const hosts = createHeld()

  async function start(fresh: boolean): Promise<void> {
    let left = false
    onCleanup(() => (left = true))
    setError(undefined)
    setAbout(undefined)
    setEnded(false)
    try {
      const held = fresh ? [] : await listHeld(props.host)
      const running = held.find(
        ({ container, containerName, exitCode }) =>
          (container.startsWith(props.id) || containerName === props.id) && exitCode === undefined,
      )
      const now = running ?? (await ask('terminals.open', { host: props.host, container: props.id }))
      if (!left) setAbout(now)
    } catch (reason) {
      if (!left) setError(reason)
    }
  }
  createEffect(on([() => props.host, () => props.id], () => void start(false)))
  async function end(id: string): Promise<void> {
    await ask('terminals.close', { host: props.host, id }).catch(() => undefined)
    setAbout(undefined)
    setEnded(true)
  }

  return (
    <Show
      when={about()}
      keyed
      fallback={
        <Show when={error() === undefined} fallback={<ErrorBox error={error()} onRetry={() => void start(false)} />}>
          <Show when={ended()} fallback={<Skeleton lines={10} />}>
            <Empty text={say('terminal.none')}>
              <button type="button" class="primary" onClick={() => void start(true)}>
                {say('terminal.open')}
              </button>
            </Empty>
          </Show>
        </Show>
      }
    >
      {(now) => (
        <TerminalPane
          terminal={{ host: props.host, id: now.id }}
          containerName={now.containerName}
          hostName={hosts.hostName(props.host)}
          online={hosts.isOnline(props.host)}
          shown
          onAgain={() => void start(true)}
          onEnd={() => void end(now.id)}
        />
      )}
    </Show>
  )
}
