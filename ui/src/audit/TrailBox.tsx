import { A } from '@solidjs/router'
import { createResource, createSignal, For, onCleanup, Show, type JSX } from 'solid-js'
import type { TrailState } from '@fairlead/protocol/features/audit.ts'
import { ask } from '../api/api.ts'
import { ago, number, time } from '../i18n/i18n.ts'
import { CopyButton, StateMark } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { plain } from '../kit/plain.ts'
import { say } from './words.ts'

const everyMs = 60_000
const mostNamed = 5

/** How the trail stands, asked anew every minute; undefined until it is known, and where it may not be. */
export function createTrailState(): { readonly state: () => TrailState | undefined; readonly again: () => void } {
  const [state, { refetch }] = createResource(() => (may('audit:read') ? ask('audit.state', {}).catch(() => undefined) : undefined))
  const timer = setInterval(() => void refetch(), everyMs)
  onCleanup(() => clearInterval(timer))
  return { state: () => state.latest, again: () => void refetch() }
}

/** Nothing while all is well. Else as loud as the console can be: it is the one thing that must not pass unseen. */
export function TrailAlarm(props: { readonly state: TrailState; readonly linked?: boolean }): JSX.Element {
  const named = () => props.state.contradicting.slice(0, mostNamed)
  return (
    <Show when={props.state.brokenAt > 0 || props.state.contradicting.length > 0}>
      <div class="box error trail-alarm" role="alert">
        <p>
          <span class="state-critical" aria-hidden="true">
            ■{' '}
          </span>
          <strong>{say('trail.alarm')}</strong>
        </p>
        <Show when={props.state.brokenAt > 0}>
          <p>{say('trail.broken', { n: props.state.brokenAt })}</p>
        </Show>
        <Show when={props.state.contradicting.length > 0}>
          <p>{say('trail.contradicting', { n: props.state.contradicting.length })}</p>
          <ul>
            <For each={named()}>
              {(one) => (
                <li>
                  <A href={`/hosts/${one.host}`}>{plain(one.hostName)}</A>: {say(`trail.why.${one.why}`)}, {time(one.atMs)}
                </li>
              )}
            </For>
          </ul>
          <Show when={props.state.contradicting.length > mostNamed}>
            <p>{say('trail.more', { n: props.state.contradicting.length - mostNamed })}</p>
          </Show>
        </Show>
        <p>{say('trail.next')}</p>
        <Show when={props.linked}>
          <p>
            <A href="/activity">{say('trail.look')}</A>
          </p>
        </Show>
      </div>
    </Show>
  )
}

/** On the overview: nothing, or the alarm. */
export function TrailWatch(): JSX.Element {
  const { state } = createTrailState()
  return <Show when={state()}>{(now) => <TrailAlarm state={now()} linked />}</Show>
}

/** What is signed, who saw it, where it goes and how long it is kept. */
export function TrailBox(props: { readonly state: TrailState; readonly onKeep?: (() => void) | undefined }): JSX.Element {
  const [open, setOpen] = createSignal(false)
  const bad = () => props.state.brokenAt > 0 || props.state.contradicting.length > 0
  return (
    <section class="box trail-box" aria-label={say('trail.title')}>
      <p class="row">
        <StateMark
          state={bad() ? 'critical' : props.state.checkpoint === null ? 'unknown' : 'ok'}
          word={say(bad() ? 'trail.bad' : props.state.checkpoint === null ? 'trail.young' : 'trail.good')}
        />
        <Show when={props.state.checkpoint}>
          {(now) => <span title={time(now().atMs)}>{say('trail.signed', { n: number(now().size), ago: ago(now().atMs) })}</span>}
        </Show>
        <span>{say('trail.witnesses', { n: props.state.witnesses })}</span>
        <span class="grow" />
        <button type="button" aria-expanded={open()} onClick={() => setOpen(!open())}>
          {say('trail.details')}
        </button>
      </p>
      <Show when={open()}>
        <Details state={props.state} onKeep={props.onKeep} />
      </Show>
    </section>
  )
}

function Details(props: { readonly state: TrailState; readonly onKeep?: (() => void) | undefined }): JSX.Element {
  const kept = () => (props.state.keepDays === null ? say('trail.keptAll') : say('trail.kept', { n: props.state.keepDays }))
  return (
    <>
      <dl class="trail-facts">
        <dt>{say('trail.keep')}</dt>
        <dd>
          {kept()} {props.state.archived > 0 ? say('trail.archived', { n: number(props.state.archived) }) : ''}{' '}
          <Show when={props.onKeep}>
            {(change) => (
              <button type="button" onClick={() => change()()}>
                {say('trail.change')}
              </button>
            )}
          </Show>
        </dd>
        <dt>{say('trail.sinks')}</dt>
        <dd>
          <Show when={props.state.sinks.length > 0} fallback={<span class="dim">{say('trail.noSinks')}</span>}>
            <ul>
              <For each={props.state.sinks}>
                {(sink) => (
                  <li>
                    <StateMark state={sink.problem === '' ? (sink.behind > 0 ? 'busy' : 'ok') : 'warn'} word={sink.name} />{' '}
                    {sink.behind === 0 ? say('trail.sinkUp') : say('trail.sinkBehind', { n: number(sink.behind) })}{' '}
                    <span class="dim">{plain(sink.problem)}</span>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        </dd>
        <dt>{say('trail.key')}</dt>
        <dd>
          <code>{props.state.key}</code> <CopyButton text={props.state.key} label={say('trail.copyKey')} />
        </dd>
        <Show when={props.state.checkpoint}>
          {(now) => (
            <>
              <dt>{say('trail.note')}</dt>
              <dd>
                <pre>{now().note}</pre>
                <CopyButton text={now().note} label={say('trail.copyNote')} />
              </dd>
            </>
          )}
        </Show>
      </dl>
      <p class="dim">{say('trail.offline')}</p>
    </>
  )
}
