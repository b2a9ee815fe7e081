import { createSignal, Match, onCleanup, Show, Switch, type JSX } from 'solid-js'
import type { EnrolProgress, Invitation, MadeLine } from '@fairlead/protocol/features/enrolment.ts'
import { ask } from '../api/api.ts'
import { clock } from '../i18n/i18n.ts'
import { act, CopyButton, Note, plain } from '../kit/kit.tsx'
import { say } from './words.ts'

/** The line itself: usable, used, canceled or expired, and how long it still is good. */
export function Line(props: { readonly invitation: Invitation; readonly progress: EnrolProgress | undefined }): JSX.Element {
  const left = createCountdown(() => props.invitation.expiresMs)
  const dead = () => isDead(props.progress, left())
  return (
    <section class="box wizard">
      <h2>2. {say('run')}</h2>
      <LineState progress={props.progress} left={left()} open={say('paste', { left: clockOf(left()) })} />
      <div class="line-box" classList={{ dead: dead() }}>
        {props.invitation.line}
      </div>
      <Show when={!dead()}>
        <p class="dim">{say('once')}</p>
      </Show>
      <p class="row">
        <Show when={!dead()}>
          <CopyButton text={props.invitation.line} label={say('copy')} primary />
          <CancelButton id={props.invitation.id} />
        </Show>
        <span class="dim">
          {say('words')}
          <strong>{props.invitation.words.join(' ')}</strong>
        </span>
      </p>
      <p class="dim">{say('wordsElse')}</p>
      <p class="dim">
        {say('sum')} <code>{props.invitation.scriptSha256}</code>
      </p>
      <Show when={!dead()}>
        <InContainer line={props.invitation.line} />
      </Show>
    </section>
  )
}

/** The same line where the host takes nothing but containers: the same script, which then asks the engine. */
function InContainer(props: { readonly line: string }): JSX.Element {
  const [open, setOpen] = createSignal(false)
  const line = () => `${props.line} --container`
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say('container')}</summary>
      <Show when={open()}>
        <p>{say('containerWhat')}</p>
        <div class="line-box">{line()}</div>
        <p>
          <CopyButton text={line()} label={say('containerCopy')} />
        </p>
        <p class="dim">{say('containerBase')}</p>
        <p class="dim">{say('containerFolder')}</p>
      </Show>
    </details>
  )
}

/** A line that was made before this page was opened: its secret was shown then, and cannot be again. */
export function EarlierLine(props: {
  readonly line: MadeLine
  readonly progress: EnrolProgress | undefined
  readonly busy: boolean
  readonly onReplace: () => void
}): JSX.Element {
  const left = createCountdown(() => props.line.expiresMs)
  const dead = () => isDead(props.progress, left())
  return (
    <section class="box wizard">
      <h2>2. {say('run')}</h2>
      <LineState
        progress={props.progress}
        left={left()}
        open={say('earlier', { time: clock(props.line.createdMs), left: clockOf(left()) })}
      />
      <Show when={!dead()}>
        <p class="dim">{say('shownOnce')}</p>
        <p class="row">
          <button type="button" class="primary" disabled={props.busy} onClick={() => props.onReplace()}>
            {say('replace')}
          </button>
          <CancelButton id={props.line.id} />
        </p>
      </Show>
    </section>
  )
}

function LineState(props: { readonly progress: EnrolProgress | undefined; readonly left: number; readonly open: string }): JSX.Element {
  return (
    <>
      <Switch fallback={<p>{props.open}</p>}>
        <Match when={props.progress?.used}>
          <Note state="ok">{say('used')}</Note>
        </Match>
        <Match when={props.progress?.canceled}>
          <Note state="off">{say('canceled')}</Note>
        </Match>
        <Match when={isDead(props.progress, props.left)}>
          <Note state="critical">{say('expired')}</Note>
        </Match>
      </Switch>
      <Show when={props.progress?.refused}>
        {(refused) => <Note state="warn">{say(`refused.${refused().why}`, { ip: plain(refused().ip), time: clock(refused().atMs) })}</Note>}
      </Show>
    </>
  )
}

function CancelButton(props: { readonly id: string }): JSX.Element {
  return (
    <button type="button" onClick={() => void act(say('cancel'), () => ask('enrolment.cancel', { id: props.id }))}>
      {say('cancel')}
    </button>
  )
}

function isDead(progress: EnrolProgress | undefined, leftMs: number): boolean {
  return progress?.used === true || progress?.canceled === true || progress?.expired === true || leftMs <= 0
}

/** Milliseconds until then, told every second. */
export function createCountdown(untilMs: () => number): () => number {
  const [now, setNow] = createSignal(Date.now())
  const timer = setInterval(() => setNow(Date.now()), 1000)
  onCleanup(() => clearInterval(timer))
  return () => Math.max(0, untilMs() - now())
}

export function clockOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
