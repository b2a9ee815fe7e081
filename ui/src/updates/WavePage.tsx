import { A } from '@solidjs/router'
import { createSignal, For, Show, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Wave, WaveHost } from '@fairlead/protocol/features/updates-api.ts'
import { ask } from '../api/api.ts'
import { bytes, time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { Part } from '../kit/ask.tsx'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'
import { act, Empty, Note, plain, StateMark } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { Table } from '../kit/Table.tsx'
import { createFollowed } from './live.ts'
import { hostMarks, waveMarks } from './marks.ts'
import { elseWords, hostWords, placeWords, say, waitWords, whyWords } from './words.ts'

/** One wave, live: its stages, and each host with what it says itself. */
export function WavePage(props: { readonly wave: string }): JSX.Element {
  const found = createFollowed(() => ask('updates.wave', { wave: props.wave }))
  return (
    <>
      <p>
        <A href="/updates">← {say('back')}</A>
      </p>
      <Show when={codeOf(found.error()) !== 'not_found'} fallback={<Empty text={say('error.wave')} />}>
        <Part of={found} what={say('error.wave')}>
          {(now) => <Show when={now()}>{(known) => <WaveView wave={known().wave} hosts={known().hosts} />}</Show>}
        </Part>
      </Show>
    </>
  )
}

export function WaveView(props: { readonly wave: Wave; readonly hosts: readonly WaveHost[] }): JSX.Element {
  return (
    <>
      <div class="head">
        <h1>{say('wave', { version: props.wave.version })}</h1>
        <StateMark state={waveMarks[props.wave.state]} word={waitWords(props.wave)} />
        <span class="grow" />
        <Show when={may('hosts:manage')}>
          <WaveButtons wave={props.wave} />
        </Show>
      </div>
      <p class="dim">
        {placeWords(props.wave)} · {plain(props.wave.by)} · {time(props.wave.createdMs)}
      </p>
      <Show when={props.wave.state === 'halted'}>
        <Note state="critical">{say('halted', { why: whyWords(props.wave.why) })}</Note>
      </Show>
      <Show when={props.wave.host === null}>
        <Stages wave={props.wave} />
      </Show>
      <h2>{say('hosts')}</h2>
      <Show when={props.hosts.length < sum(props.wave.stages.map(total))}>
        <p class="dim">{say('hosts.most', { n: props.hosts.length })}</p>
      </Show>
      <HostRows hosts={props.hosts} wave={props.wave} />
    </>
  )
}

/** What a person may do with it, as it is now. */
function WaveButtons(props: { readonly wave: Wave }): JSX.Element {
  const [stopping, setStopping] = createSignal(false)
  const input = () => ({
    wave: props.wave.id,
    ...(props.wave.environment === null ? {} : { environment: props.wave.environment.id }),
  })
  const live = () => ['waiting', 'running'].includes(props.wave.state)
  async function stop(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setStopping(false)
    await act(say('stop'), () => ask('updates.stop', input()))
  }
  return (
    <span class="row">
      <Show when={live()}>
        <button type="button" onClick={() => void act(say('pause'), () => ask('updates.pause', input()))}>
          {say('pause')}
        </button>
      </Show>
      <Show when={props.wave.state === 'paused'}>
        <button type="button" class="primary" onClick={() => void act(say('resume'), () => ask('updates.resume', input()))}>
          {say('resume')}
        </button>
      </Show>
      <Show when={live() || props.wave.state === 'paused'}>
        <button type="button" class="danger" onClick={() => setStopping(true)}>
          {say('stop')}
        </button>
      </Show>
      <Show when={stopping()}>
        <Dialog title={say('stop')} onClose={() => setStopping(false)}>
          <p>{say('stop.ask')}</p>
          <form onSubmit={(event) => void stop(event)}>
            <DialogButtons action={say('stop')} onCancel={() => setStopping(false)} />
          </form>
        </Dialog>
      </Show>
    </span>
  )
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0)
const total = (counts: Wave['stages'][number]) => sum(Object.values(counts))

/** Each stage with how many of its hosts are how far; the one under way is marked by a word. */
function Stages(props: { readonly wave: Wave }): JSX.Element {
  const under = (at: number) => at === props.wave.stage && ['waiting', 'running', 'paused', 'halted'].includes(props.wave.state)
  return (
    <ol class="update-stages">
      <For each={props.wave.stages}>
        {(counts, at) => (
          <li class="box" classList={{ now: under(at()) }} aria-current={under(at()) ? 'step' : undefined}>
            <strong>{at() === 0 ? say('stage.first') : say('stage', { n: at() + 1 })}</strong>{' '}
            <Show when={under(at())}>
              <span class="dim">{say('stage.now')}</span>
            </Show>
            <progress
              max={Math.max(1, total(counts))}
              value={counts.done ?? 0}
              aria-label={`${hostWords('done', counts.done ?? 0)}: ${counts.done ?? 0} / ${total(counts)}`}
            />
            <span>
              {(Object.keys(hostMarks) as (keyof typeof hostMarks)[])
                .filter((state) => (counts[state] ?? 0) > 0)
                .map((state) => `${counts[state]} ${hostWords(state, counts[state])}`)
                .join(', ')}
            </span>
          </li>
        )}
      </For>
    </ol>
  )
}

function HostRows(props: { readonly hosts: readonly WaveHost[]; readonly wave: Wave }): JSX.Element {
  return (
    <Table
      label={say('hosts')}
      looks="roomy"
      heads={[say('host'), say('stage', { n: '' }).trim(), say('from'), say('state')]}
      rows={props.hosts}
    >
      {(host) => (
        <tr>
          <td>
            <A href={`/hosts/${host.host}/agent`}>{plain(host.name)}</A>
          </td>
          <td>
            <span class="only-phone">{say('stage', { n: '' })}</span>
            {host.stage + 1}
          </td>
          <td>{plain(host.fromVersion) || '–'}</td>
          <td class="why">
            <HostStanding host={host} wave={props.wave} />{' '}
            <Show when={host.state === 'sending' && host.wantedBytes > 0}>
              <span class="dim">{say('sent.of', { sent: bytes(host.sentBytes), all: bytes(host.wantedBytes) })}</span>
            </Show>
          </td>
        </tr>
      )}
    </Table>
  )
}

/** How far it is; of one that took the release and runs another one now, which. */
export function HostStanding(props: { readonly host: WaveHost; readonly wave: Wave }): JSX.Element {
  const other = () => elseWords(props.host, props.wave)
  return (
    <>
      <StateMark state={other() === '' ? hostMarks[props.host.state] : 'off'} word={hostWords(props.host.state)} />{' '}
      <Show when={other() !== ''}>
        <span>{other()}</span>
      </Show>
      <ReasonWords host={props.host} />
    </>
  )
}

/** Why, and below it the host's own words. */
function ReasonWords(props: { readonly host: Pick<WaveHost, 'reason' | 'said'> }): JSX.Element {
  return (
    <>
      <Show when={props.host.reason !== '' ? props.host.reason : undefined}>{(reason) => <span>{say(`reason.${reason()}`)}</span>}</Show>
      <Show when={props.host.said !== ''}>
        <span class="update-words dim">{plain(said(props.host.said))}</span>
      </Show>
    </>
  )
}
