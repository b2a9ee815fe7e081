import { createSignal, For, Show, type JSX } from 'solid-js'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { follow } from '../api/api.ts'
import { t, time } from '../i18n/i18n.ts'
import { Empty, ErrorBox, plain } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { eventWords } from './events.ts'

const mostShown = 500

/** What the engine and the agent reported, the newest first: the last 500 of what the agent keeps. */
export function HostEvents(props: { readonly host: string; readonly offline: boolean }): JSX.Element {
  const [events, setEvents] = createSignal<readonly HostEvent[]>([])
  const { error, retry } = createStream(
    () => `${props.host} ${props.offline}`,
    async (_key, signal) => {
      if (props.offline) return
      setEvents([])
      for await (const event of follow('events.watch', { host: props.host, sinceMs: 0 }, signal))
        setEvents((before) => [event, ...before].slice(0, mostShown))
    },
  )
  return (
    <Show when={!error()} fallback={<ErrorBox what={t('error.what.events')} error={error()} onRetry={retry} />}>
      <Show when={events().length > 0} fallback={<Empty text={t(props.offline ? 'hosts.eventsOffline' : 'hosts.noEvents')} />}>
        <div class="table" tabindex="0" role="region" aria-label={t('hosts.events')}>
          <table class="stack-phone">
            <tbody>
              <For each={events()}>
                {(event) => (
                  <tr>
                    <td class="dim">{time(event.timeMs)}</td>
                    <td title={plain(`${event.type} ${event.action}`)}>{eventWords(event)}</td>
                    <td>{plain(event.name === '' ? event.id.slice(0, 12) : event.name)}</td>
                    <td class="dim hide-phone">
                      {plain(
                        Object.entries(event.facts)
                          .map(([name, value]) => `${name}=${value}`)
                          .join(' '),
                      )}
                    </td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
        <Show when={events().length >= mostShown}>
          <p class="dim">{t('hosts.eventsMany', { n: mostShown })}</p>
        </Show>
      </Show>
    </Show>
  )
}
