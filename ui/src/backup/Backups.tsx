import { Match, Show, Switch, type JSX, type ParentProps } from 'solid-js'
import type { BackupState } from '@fairlead/protocol/features/backup.ts'
import { ago, bytes, time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { nowMs } from '../i18n/now.ts'
import { Part } from '../kit/ask.tsx'
import { plain, StateMark } from '../kit/kit.tsx'
import type { Loaded } from '../kit/loaded.ts'
import { lengthWords } from '../settings/words.ts'
import { standingOf, type Standing } from './backup.ts'
import { Command } from './Held.tsx'
import { say } from './words.ts'

const marks = { none: 'warn', first: 'busy', fresh: 'ok', overdue: 'warn', failed: 'critical' } as const satisfies Record<Standing, string>
const command = 'fairlead-hub backup /mnt/elsewhere/hub.backup --passphrase'

/** How old the last backup is, where it went, and why the last try made none. */
export function Backups(props: { readonly backup: Loaded<BackupState | undefined> }): JSX.Element {
  return (
    <section class="box settings backups">
      <h2>{say('title')}</h2>
      <p class="dim">{say('what')}</p>
      <Part of={props.backup} what={say('error')} lines={4}>
        {(now) => <Show when={now()}>{(state) => <BackupFacts state={state()} />}</Show>}
      </Part>
    </section>
  )
}

export function BackupFacts(props: { readonly state: BackupState }): JSX.Element {
  const standing = () => standingOf(props.state, nowMs())
  return (
    <>
      <Row label={say('state')}>
        <span>
          <StateMark state={marks[standing()]} word={say(`state.${standing()}`)} />
        </span>
        <Show when={standing() === 'failed' && props.state.failed}>
          {(failed) => (
            <>
              <span>{say('failed.at', { time: time(failed().atMs), place: plain(failed().place) })}</span>
              <code class="wrap">{plain(said(failed().why))}</code>
            </>
          )}
        </Show>
        <Show when={props.state.last}>{(last) => <span>{say('state.lost', { age: ago(last().atMs) })}</span>}</Show>
        <Next state={props.state} standing={standing()} />
      </Row>
      <Row label={say('last')}>
        <Show when={props.state.last} fallback={say('last.none')}>
          {(last) => (
            <>
              <span>{say('last.told', { time: time(last().atMs), ago: ago(last().atMs), size: bytes(last().bytes) })}</span>
              <small class="dim">{plain(last().place)}</small>
            </>
          )}
        </Show>
      </Row>
      <Row label={say('plan')}>
        <Show when={props.state.plan} fallback={say('plan.none')}>
          {(plan) => (
            <>
              <span>{say('plan.told', { time: lengthWords(plan().everyMs / 60_000), dir: plain(plan().dir), n: plan().keep })}</span>
              <small class="dim">
                {say('opens')}: {say(plan().passphrase ? 'opens.passphrase' : 'opens.kek')}
              </small>
            </>
          )}
        </Show>
      </Row>
    </>
  )
}

/** What mends it, where something is not as it should be. */
function Next(props: { readonly state: BackupState; readonly standing: Standing }): JSX.Element {
  return (
    <Switch>
      <Match when={props.standing === 'failed'}>
        <small class="dim">{say('failed.next')}</small>
      </Match>
      <Match when={props.state.plan === null}>
        <small class="dim">{say(props.state.last === null ? 'none.next' : 'hand.next')}</small>
        <Command text={command} />
      </Match>
      <Match when={props.standing === 'overdue'}>
        <small class="dim">{say('overdue.next')}</small>
      </Match>
    </Switch>
  )
}

function Row(props: ParentProps<{ readonly label: string }>): JSX.Element {
  return (
    <div class="setting">
      <span class="what">{props.label}</span>
      <div class="value read">{props.children}</div>
    </div>
  )
}
