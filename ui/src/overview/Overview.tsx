import { A } from '@solidjs/router'
import { createEffect, createMemo, createResource, For, on, onCleanup, Show, Suspense, type JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { TrailWatch } from '../audit/TrailBox.tsx'
import { ask } from '../api/api.ts'
import { foldChanges } from '../audit/changes.ts'
import { Outcome } from '../audit/Outcome.tsx'
import { Subject, Verb } from '../audit/Told.tsx'
import { actorWords } from '../audit/told.ts'
import { State } from '../containers/columns.tsx'
import { stateWords } from '../containers/words.ts'
import { Enrol } from '../enrolment/Enrol.tsx'
import { HostState, whyLost } from '../hosts/columns.tsx'
import { isFresh } from '../hosts/fresh.ts'
import { HostCard } from '../hosts/HostCard.tsx'
import { EnrolLink } from '../hosts/Hosts.tsx'
import { ago, share, t, time } from '../i18n/i18n.ts'
import { nowMs } from '../i18n/now.ts'
import { said } from '../i18n/said.ts'
import { followEngines } from '../kit/engines.ts'
import { ErrorBox, plain, Skeleton, StateMark } from '../kit/kit.tsx'
import { createFleetPage, createHosts } from '../kit/live.ts'
import { may } from '../kit/me.ts'
import { countOf, operations, showOperation } from '../kit/operations.ts'
import { DemoOffer } from './DemoOffer.tsx'

/** A disk fuller than this is trouble to come. */
const fullDisk = 0.9
const mostTroubles = 8
/** One that starts again and again runs now and then, and is no better for it. */
const troubledContainers = 'state:warn state:critical state:restarting'
/** What others change is here as soon as this. */
const lookEveryMs = 15_000
const mostCards = 60

/** What needs a person first, then every host, then what was done lately. */
export function Overview(): JSX.Element {
  const hosts = createHosts()
  followEngines(() => hosts.state.hosts)
  return (
    <>
      <div class="head">
        <h1>{t('nav.overview')}</h1>
        <span class="grow" />
        <Show when={hosts.state.hosts.length > 0}>
          <EnrolLink />
        </Show>
      </div>
      <Show when={hosts.error()}>{(error) => <ErrorBox what={t('error.what.hosts')} error={error()} onRetry={hosts.retry} />}</Show>
      <Show when={hosts.state.ready}>
        <DemoOffer hosts={hosts.state.hosts} />
      </Show>
      <Show when={hosts.state.ready} fallback={hosts.error() === undefined ? <Skeleton lines={12} /> : undefined}>
        <Show when={hosts.state.hosts.length > 0} fallback={<First />}>
          <Show when={may('audit:read')}>
            <TrailWatch />
          </Show>
          <Attention hosts={hosts.state.hosts} />
          <Operations />
          <h2>
            {t('hosts.title')} <span class="dim">{hosts.state.hosts.length}</span>
          </h2>
          <div class="cards">
            <For each={hosts.state.hosts.slice(0, mostCards)}>{(host) => <HostCard host={host} />}</For>
          </div>
          <Show when={hosts.state.hosts.length > mostCards}>
            <p>
              <A href="/hosts">{t('overview.allHosts', { n: hosts.state.hosts.length })}</A>
            </p>
          </Show>
          <Show when={may('audit:read')}>
            <Suspense fallback={<Skeleton lines={8} />}>
              <Changes hosts={hosts.state.hosts.length} />
            </Suspense>
          </Show>
        </Show>
      </Show>
    </>
  )
}

/** No host yet: what this is, and the one thing to do. */
function First(): JSX.Element {
  return (
    <>
      <p class="intro">{t('overview.noHosts')}</p>
      <Enrol bare />
    </>
  )
}

const full = (host: Host) => host.online && (host.usage['diskFullest'] ?? 0) > fullDisk

function Attention(props: { readonly hosts: readonly Host[] }): JSX.Element {
  const bad = createFleetPage(() => ({
    kind: 'container',
    filter: troubledContainers,
    sort: 'state',
    offset: 0,
    limit: mostTroubles,
  }))
  const running = createFleetPage(() => ({ kind: 'container', filter: 'state:running', sort: 'name', offset: 0, limit: 1 }))
  const troubled = createMemo(() => props.hosts.filter((host) => (host.state !== 'ok' && !isFresh(host, nowMs())) || full(host)))
  const matching = () => bad.state.totals?.matching ?? 0
  const more = () => Math.max(0, troubled().length - mostTroubles) + Math.max(0, matching() - bad.state.rows.length)
  return (
    <Show when={bad.state.ready && running.state.ready} fallback={<Skeleton lines={2} />}>
      <Show
        when={troubled().length + bad.state.rows.length > 0}
        fallback={
          <p class="well state-ok">
            ● {t('overview.allWell', { hosts: props.hosts.length, containers: running.state.totals?.matching ?? 0 })}
          </p>
        }
      >
        <h2>
          {t('overview.attention')} <span class="dim">{troubled().length + matching()}</span>
        </h2>
        <div class="table attention">
          <table class="stack-phone">
            <tbody>
              <For each={troubled().slice(0, mostTroubles)}>{(host) => <HostTrouble host={host} />}</For>
              <For each={bad.state.rows}>{(row) => <ContainerTrouble row={row} />}</For>
            </tbody>
          </table>
        </div>
        <Show when={more() > 0}>
          <p>
            <A href={`/containers?filter=${encodeURIComponent(troubledContainers)}`}>{t('overview.more', { n: more() })}</A>
          </p>
        </Show>
      </Show>
    </Show>
  )
}

function HostTrouble(props: { readonly host: Host }): JSX.Element {
  const why = () =>
    !props.host.online
      ? [t('hosts.seenAgo', { age: ago(props.host.lastSeenMs) }), whyLost(props.host)].filter(Boolean).join(' · ')
      : props.host.state !== 'ok'
        ? said(props.host.facts?.engine.problem ?? '')
        : t('overview.fullDisk', { share: share(props.host.usage['diskFullest']) })
  return (
    <tr>
      <td>
        <Show when={props.host.state === 'ok'} fallback={<HostState host={props.host} />}>
          <StateMark state="warn" word={t('hosts.disk')} />
        </Show>
      </td>
      <td>
        <A href={`/hosts/${props.host.id}`}>{plain(props.host.name)}</A>
      </td>
      <td class="dim why">{plain(why())}</td>
    </tr>
  )
}

function ContainerTrouble(props: { readonly row: FleetRow }): JSX.Element {
  return (
    <tr>
      <td>
        <State row={props.row} />
      </td>
      <td>
        <A href={`/containers/${props.row.host}/${props.row.id}`}>{plain(props.row.name)}</A>{' '}
        <span class="dim">{plain(props.row.hostName)}</span>
      </td>
      <td class="dim why">{stateWords(props.row)}</td>
    </tr>
  )
}

/** What the person set going and what is still under way. */
function Operations(): JSX.Element {
  const live = () => operations.list.filter((one) => countOf(one, 'waiting', 'running') > 0)
  return (
    <Show when={live().length > 0}>
      <h2>{t('overview.running')}</h2>
      <ul class="running">
        <For each={live()}>
          {(one) => (
            <li>
              <button type="button" onClick={() => showOperation(one.id)}>
                <span class="state-busy" aria-hidden="true">
                  ◐
                </span>{' '}
                {plain(one.label)} · {countOf(one, 'ok', 'failed', 'canceled')}/{one.items.length}
              </button>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}

function Changes(props: { readonly hosts: number }): JSX.Element {
  const [changes, { refetch }] = createResource(async () => foldChanges((await ask('audit.list', { limit: 24 })).rows).slice(0, 8))
  createEffect(on([() => props.hosts, () => operations.list.length], () => void refetch(), { defer: true }))
  const timer = setInterval(() => document.visibilityState === 'visible' && void refetch(), lookEveryMs)
  onCleanup(() => clearInterval(timer))
  return (
    <>
      <h2>{t('overview.changes')}</h2>
      <Show
        when={changes.error === undefined}
        fallback={<ErrorBox what={t('error.what.activity')} error={changes.error} onRetry={() => void refetch()} />}
      >
        <div class="table changes">
          <table class="stack-phone">
            <tbody>
              <For each={changes.latest ?? []}>
                {(row) => (
                  <tr>
                    <td class="dim" title={time(row.timeMs)}>
                      {ago(row.timeMs)}
                    </td>
                    <td>{actorWords(row)}</td>
                    <td>
                      <Verb row={row} />
                    </td>
                    <td>
                      <Subject row={row} />
                    </td>
                    <td>
                      <Outcome row={row} />
                    </td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </>
  )
}
