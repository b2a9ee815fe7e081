import { createSignal, For, Show, type JSX } from 'solid-js'
import type { LinkView as Link } from '@fairlead/protocol/features/hosts.ts'
import { ask } from '../api/api.ts'
import { bytes, decimal, span, time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { Command } from '../kit/Command.tsx'
import { Empty, ErrorBox, Note, plain, Skeleton } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { say } from './words.ts'

const everyMs = 2000

/** How the one link of a host does, from both its ends, and why it was lost before. */
export function HostLink(props: { readonly host: string; readonly offline: boolean }): JSX.Element {
  const [link, setLink] = createSignal<Link>()
  const { error, retry } = createStream(
    () => `${props.host} ${props.offline}`,
    async (_key, signal) => {
      // Counters that grow with each byte: they are looked at while somebody looks, and tell no one when they change.
      while (!signal.aborted) {
        const now = (await ask('hosts.link', { host: props.host })) as Link
        if (signal.aborted) return
        setLink(now)
        await new Promise((resolve) => setTimeout(resolve, everyMs))
      }
    },
  )
  return (
    <Show when={error() === undefined} fallback={<ErrorBox what={say('link.what.failed')} error={error()} onRetry={retry} />}>
      <Show when={link()} fallback={<Skeleton lines={10} />}>
        {(now) => <LinkView link={now()} />}
      </Show>
    </Show>
  )
}

export function LinkView(props: { readonly link: Link }): JSX.Element {
  return (
    <>
      <p class="dim">{say('link.intro')}</p>
      <Show when={!props.link.online}>
        <Note state="stale">
          <p>
            {say('link.offline')} <Command text="sudo fairlead-agent link" /> <Command text="sudo fairlead-agent doctor" />
          </p>
        </Note>
      </Show>
      <Show when={!props.link.online && props.link.lastLoss !== ''}>
        <p>{say('link.lastLoss', { reason: plain(said(props.link.lastLoss)) })}</p>
      </Show>
      <div class="columns">
        <Now link={props.link} />
        <Losses link={props.link} />
      </div>
    </>
  )
}

function Now(props: { readonly link: Link }): JSX.Element {
  const hub = () => props.link.stats
  const host = () => props.link.host
  /** Both ends beside one another; the one that says nothing is left out. */
  const both = (of: (stats: NonNullable<Link['stats']>) => string) =>
    [
      hub() === null ? '' : say('link.hub', { value: of(hub()!) }),
      host()?.stats == null ? '' : say('link.host', { value: of(host()!.stats!) }),
    ]
      .filter((text) => text !== '')
      .join(' · ') || '–'
  const rows = (): readonly (readonly [string, string])[] => [
    [say('link.roundTrip'), both(({ roundTripMs }) => `${decimal(roundTripMs)} ms`)],
    [say('link.window'), both(({ pathWindowBytes }) => bytes(pathWindowBytes))],
    [say('link.sentHub'), bytes(hub()?.sentBytes)],
    [say('link.sentHost'), bytes(host()?.stats?.sentBytes ?? hub()?.receivedBytes)],
    [say('link.waiting'), both(({ queuedBytes }) => bytes(queuedBytes))],
    [say('link.kept'), both(({ retainedBytes }) => bytes(retainedBytes))],
  ]
  return (
    <section class="box">
      <h2>{say('link.now')}</h2>
      <dl>
        <dt>{say('link.state')}</dt>
        <dd>{stateWords(props.link)}</dd>
        <Show when={host()}>
          {(end) => (
            <>
              <dt>{say('link.sealed')}</dt>
              <dd>{say(end().tlsEndToEnd ? 'link.tls' : 'link.own')}</dd>
            </>
          )}
        </Show>
        <Show when={hub()}>
          {(stats) => (
            <>
              <For each={rows()}>
                {([label, value]) => (
                  <>
                    <dt>{label}</dt>
                    <dd>{value}</dd>
                  </>
                )}
              </For>
              <dt>{say('link.streams')}</dt>
              <dd>
                {stats().openStreams}{' '}
                <Show when={stats().pausedStreams > 0}>
                  <span class="dim">{say('link.paused', { n: stats().pausedStreams })}</span>
                </Show>
              </dd>
            </>
          )}
        </Show>
      </dl>
    </section>
  )
}

function Losses(props: { readonly link: Link }): JSX.Element {
  const losses = () => props.link.host?.losses.toReversed() ?? []
  return (
    <section class="box">
      <h2>{say('link.losses')}</h2>
      <Show when={props.link.host !== null} fallback={<p class="dim">{say(props.link.online ? 'link.silent' : 'link.offline')}</p>}>
        <Show when={losses().length > 0} fallback={<Empty text={say('link.neverLost')} />}>
          <p class="dim">{say('link.lossesHint')}</p>
          <table class="stack-phone">
            <thead>
              <tr>
                <th>{say('link.lost')}</th>
                <th>{say('link.after')}</th>
                <th>{say('link.why')}</th>
              </tr>
            </thead>
            <tbody>
              <For each={losses()}>
                {({ atMs, upMs, reason }) => (
                  <tr>
                    <td class="dim">{time(atMs)}</td>
                    <td>{span(upMs)}</td>
                    <td>{plain(said(reason))}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </Show>
      </Show>
    </section>
  )
}

/** The age is of the host's clock: another one than this browser's may make it negative. */
function stateWords({ online, host }: Link): string {
  if (!online) return say('link.down')
  return host?.upSinceMs == null ? say('link.upUnknown') : say('link.up', { age: span(Math.max(0, Date.now() - host.upSinceMs)) })
}
