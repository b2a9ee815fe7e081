import { A, useParams } from '@solidjs/router'
import { createSignal, For, Show, type JSX } from 'solid-js'
import type { Release, Wave } from '@fairlead/protocol/features/updates-api.ts'
import { ask } from '../api/api.ts'
import { ago, time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { nowMs } from '../i18n/now.ts'
import { Part } from '../kit/ask.tsx'
import { Empty, plain, StateMark } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { Table } from '../kit/Table.tsx'
import { Begin } from './Begin.tsx'
import { createFollowed } from './live.ts'
import { waveMarks } from './marks.ts'
import { WavePage } from './WavePage.tsx'
import { Windows } from './Windows.tsx'
import { placeWords, say, waitWords } from './words.ts'

/** Releases that the hub has, what runs where, and waves; one of them by its address. */
export function Updates(): JSX.Element {
  const params = useParams<{ wave?: string }>()
  return (
    <Show when={params.wave} keyed fallback={<All />}>
      {(wave) => <WavePage wave={wave} />}
    </Show>
  )
}

export type Listed = Awaited<ReturnType<typeof askList>>
const askList = () => ask('updates.list', {})

function All(): JSX.Element {
  const all = createFollowed(askList)
  const [beginning, setBeginning] = createSignal(false)
  const offered = () => (all.now()?.releases ?? []).filter((release) => standingOf(release, nowMs()) === 'good')
  return (
    <>
      <div class="head">
        <h1>{say('title')}</h1>
        <span class="grow" />
        <Show when={may('hosts:manage') && offered().length > 0}>
          <button type="button" class="primary" onClick={() => setBeginning(true)}>
            {say('begin')}
          </button>
        </Show>
      </div>
      <p class="dim">{say('intro')}</p>
      <Part of={all} what={say('error')}>
        {(now) => <Show when={now()}>{(known) => <Overview known={known()} />}</Show>}
      </Part>
      <Show when={may('hosts:manage')}>
        <Windows />
      </Show>
      <Show when={beginning()}>
        <Begin releases={offered()} onClose={() => setBeginning(false)} />
      </Show>
    </>
  )
}

export function Overview(props: { readonly known: Listed }): JSX.Element {
  return (
    <>
      <section class="box">
        <h2>{say('versions')}</h2>
        <Versions versions={props.known.versions} />
      </section>
      <h2>{say('releases')}</h2>
      <Show
        when={props.known.releases.length > 0}
        fallback={
          <Empty text={say('releases.none')}>
            <p class="dim">{say('releases.how')}</p>
          </Empty>
        }
      >
        <Releases releases={props.known.releases} />
      </Show>
      <h2>{say('waves')}</h2>
      <Show when={props.known.waves.length > 0} fallback={<Empty text={say('waves.none')} />}>
        <Waves waves={props.known.waves} />
      </Show>
    </>
  )
}

/** What runs where: the part of all hosts is a bar, and a number beside it. */
function Versions(props: { readonly versions: Listed['versions'] }): JSX.Element {
  const all = () => props.versions.reduce((sum, { hosts }) => sum + hosts, 0)
  return (
    <Show when={props.versions.length > 0} fallback={<p class="dim">{say('versions.none')}</p>}>
      <ul class="update-versions">
        <For each={props.versions}>
          {({ version, hosts, online }) => (
            <li>
              <strong>{version === '' ? say('versions.unknown') : plain(version)}</strong>
              <span class="part" aria-hidden="true">
                <i style={{ width: `${Math.max(1, Math.round((hosts / all()) * 100))}%` }} />
              </span>
              <span>{say('versions.told', { hosts, online })}</span>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}

const marks = { good: 'ok', expired: 'warn', bad: 'critical' } as const

function standingOf({ problem, expiresMs }: Release, atMs: number): keyof typeof marks {
  if (problem !== '') return 'bad'
  return expiresMs <= atMs ? 'expired' : 'good'
}

function Releases(props: { readonly releases: readonly Release[] }): JSX.Element {
  return (
    <Table
      label={say('releases')}
      looks="roomy"
      heads={[say('version'), say('issued'), say('expires'), say('files'), say('state')]}
      rows={props.releases}
    >
      {(release) => (
        <tr>
          <td title={plain(release.folder)}>
            <strong>{release.counter === 0 ? plain(release.folder) : release.version}</strong>
          </td>
          <td title={time(release.issuedMs)}>{release.counter === 0 ? '–' : say('ago', { time: ago(release.issuedMs) })}</td>
          <td>{release.counter === 0 ? '–' : time(release.expiresMs)}</td>
          <td class="why dim">{release.files.map(({ name }) => name.replace('fairlead-agent-', '')).join(', ') || '–'}</td>
          <td class="why">
            <StateMark state={marks[standingOf(release, nowMs())]} word={say(`release.${standingOf(release, nowMs())}`)} />{' '}
            <span class="dim">{plain(said(release.problem))}</span>
          </td>
        </tr>
      )}
    </Table>
  )
}

function Waves(props: { readonly waves: readonly Wave[] }): JSX.Element {
  return (
    <Table label={say('waves')} looks="roomy" heads={[say('version'), say('where'), say('state'), say('by')]} rows={props.waves}>
      {(wave) => (
        <tr>
          <td>
            <A href={`/updates/${wave.id}`}>
              <strong>{wave.version}</strong>
            </A>
          </td>
          <td class="why">{placeWords(wave)}</td>
          <td class="why">
            <StateMark state={waveMarks[wave.state]} word={waitWords(wave)} />
          </td>
          <td class="why dim" title={time(wave.createdMs)}>
            {plain(wave.by)}, {say('ago', { time: ago(wave.createdMs) })}
          </td>
        </tr>
      )}
    </Table>
  )
}
