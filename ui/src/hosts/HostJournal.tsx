import { createSignal, For, Show, type JSX } from 'solid-js'
import type { JournalPage, JournalRow } from '@fairlead/protocol/features/journal.ts'
import { ask } from '../api/api.ts'
import { verbWords } from '../audit/told.ts'
import { time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { Command } from '../kit/Command.tsx'
import { act, Empty, ErrorBox, Note, plain, Skeleton } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { say } from './words.ts'

const choices = ['all', 'refused', 'local'] as const
type Only = (typeof choices)[number]

/** What the host wrote down of what the hub asked of it, in the host's own words. */
export function HostJournal(props: { readonly host: string; readonly offline: boolean }): JSX.Element {
  const [only, setOnly] = createSignal<Only>('all')
  const [page, setPage] = createSignal<JournalPage>()
  const { error, retry } = createStream(
    () => ({ host: props.host, offline: props.offline, only: only() }),
    async (now, signal) => {
      if (now.offline) return
      const found = (await ask('journal.read', { host: now.host, only: now.only })) as JournalPage
      if (!signal.aborted) setPage(found)
    },
  )
  const older = () =>
    act(
      say('journal.older'),
      async () => {
        const before = page()!.rows.at(-1)!.seq
        const next = (await ask('journal.read', { host: props.host, only: only(), before })) as JournalPage
        setPage((now) => ({ ...next, rows: [...now!.rows, ...next.rows] }))
      },
      true,
    )
  return (
    <Show
      when={!props.offline}
      fallback={
        <Empty text={say('journal.offline')}>
          <Command text="sudo fairlead-agent journal" />
        </Empty>
      }
    >
      <p class="dim">{say('journal.intro')}</p>
      <p class="row">
        <label>
          {say('journal.only')}{' '}
          <select value={only()} onChange={(event) => setOnly(event.currentTarget.value as Only)}>
            <For each={choices}>{(choice) => <option value={choice}>{say(`journal.only.${choice}`)}</option>}</For>
          </select>
        </label>
      </p>
      <Show when={error() === undefined} fallback={<ErrorBox what={say('journal.what.failed')} error={error()} onRetry={retry} />}>
        <Show when={page()} fallback={<Skeleton lines={10} />}>
          {(now) => <JournalView page={now()} filtered={only() !== 'all'} onOlder={() => void older()} />}
        </Show>
      </Show>
    </Show>
  )
}

export function JournalView(props: { readonly page: JournalPage; readonly filtered: boolean; readonly onOlder: () => void }): JSX.Element {
  return (
    <>
      <Show when={props.page.changedIn !== ''}>
        <Note state="critical">{say('journal.changed', { file: plain(props.page.changedIn) })}</Note>
      </Show>
      <Show when={props.page.rows.length > 0} fallback={<Empty text={say(props.filtered ? 'journal.noneOfThese' : 'journal.none')} />}>
        <div class="table" tabindex="0" role="region" aria-label={say('journal.intro')}>
          <table class="stack-phone">
            <thead>
              <tr>
                <th>{say('journal.when')}</th>
                <th>{say('journal.what')}</th>
                <th>{say('journal.on')}</th>
                <th>{say('journal.how')}</th>
              </tr>
            </thead>
            <tbody>
              <For each={props.page.rows}>{(row) => <Row row={row} />}</For>
            </tbody>
          </table>
        </div>
        <p class="foot">
          <span class="grow dim">{say('journal.counts', props.page.counts)}</span>
          <Show when={props.page.more}>
            <button type="button" onClick={() => props.onOlder()}>
              {say('journal.older')}
            </button>
          </Show>
        </p>
      </Show>
    </>
  )
}

function Row(props: { readonly row: JournalRow }): JSX.Element {
  const row = () => props.row
  return (
    <tr>
      <td class="dim">{time(row().timeMs)}</td>
      <td title={plain(row().trace === '' ? row().what : `${row().what} ${row().trace}`)}>
        {whatWords(row())}{' '}
        <Show when={row().by === 'local'}>
          <span class="dim">{say('journal.byLocal', { who: plain(row().who) })}</span>
        </Show>
      </td>
      <td title={plain(row().target)}>{plain(row().targetName || row().target.slice(0, 12))}</td>
      <td>
        <span class={`state state-${looks[row().outcome][1]}`}>
          <span aria-hidden="true">{looks[row().outcome][0]}</span> {outcomeWords(row())}
        </span>
        <Show when={row().by === 'local' && row().outcome === 'ok' && row().why !== ''}>
          <span class="dim"> {plain(said(row().why))}</span>
        </Show>
        <Show when={row().skipped > 0}>
          <div class="dim">{say('journal.skipped', { n: row().skipped })}</div>
        </Show>
      </td>
    </tr>
  )
}

const looks = { ok: ['●', 'ok'], open: ['◐', 'busy'], failed: ['■', 'critical'], refused: ['▲', 'warn'] } as const

function outcomeWords({ outcome, why, ms }: JournalRow): string {
  if (outcome === 'ok') return ms === null ? say('journal.ok') : say('journal.okAfter', { ms })
  return outcome === 'open' ? say('journal.open') : say(`journal.${outcome}`, { why: plain(said(why)) })
}

/** The words of the trail, which calls a thing by its verb; a method without one stays as it is on the wire. */
function whatWords({ what, by }: JournalRow): string {
  const verb = by === 'local' ? `local.${what}` : what.replace(/s?\./, '.')
  const words = verbWords(verb)
  return words === plain(verb) ? plain(what) : words
}
