import { A } from '@solidjs/router'
import { For, Show, type JSX } from 'solid-js'
import type { BackupState } from '@fairlead/protocol/features/backup.ts'
import { ago, time } from '../i18n/i18n.ts'
import { CopyButton } from '../kit/kit.tsx'
import { createBackup } from './backup.ts'
import { say } from './words.ts'

const command = 'fairlead-hub confirm'

/** In the frame of every page, for whoever runs the hub: it may change nothing on hosts now. */
export function HeldMark(): JSX.Element {
  const backup = createBackup()
  return (
    <Show when={backup.now()?.held}>
      <A class="button waiting bad" href="/settings" title={say('held.mark')}>
        <span aria-hidden="true">■</span>
        <span class="visually-hidden">{say('held.mark')}</span>
      </A>
    </Show>
  )
}

/** Why this hub is held, what that means, and what ends it: a command, for no page can tell which of two copies it is. */
export function HeldBox(props: { readonly held: NonNullable<BackupState['held']> }): JSX.Element {
  const times = () => [
    ...(props.held.backupMs === null ? [] : [say('held.backup', { time: time(props.held.backupMs), ago: ago(props.held.backupMs) })]),
    ...(props.held.sinceMs === null ? [] : [say('held.since', { time: time(props.held.sinceMs) })]),
  ]
  return (
    <section class="box error settings" role="alert">
      <h2>
        <span class="state-critical" aria-hidden="true">
          ■
        </span>{' '}
        {say('held.title')}
      </h2>
      <p>{say(`held.${props.held.why}`)}</p>
      <For each={times()}>{(one) => <p>{one}</p>}</For>
      <p>{say('held.first')}</p>
      <p>{say('held.then')}</p>
      <Command text={command} />
      <p class="dim">
        {say('held.after')} {say('held.where')}
      </p>
    </section>
  )
}

/** Something to type on the hub’s machine. */
export function Command(props: { readonly text: string }): JSX.Element {
  return (
    <p class="row command">
      <code class="line-box grow">{props.text}</code>
      <CopyButton text={props.text} label={say('copy')} />
    </p>
  )
}
