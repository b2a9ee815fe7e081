import { A } from '@solidjs/router'
import { For, Match, Show, Switch, type JSX } from 'solid-js'
import type { FileEntry, FolderPage } from '@fairlead/protocol/features/files.ts'
import { bytes, number, time } from '../i18n/i18n.ts'
import { Empty, Note, plain } from '../kit/kit.tsx'
import { below, crumbsOf, folderUrl, modeOf, nameWords } from './paths.ts'
import { say } from './words.ts'

export interface FolderProps {
  readonly host: string
  readonly page: FolderPage
  /** The policy names no other folder. */
  readonly alone: boolean
  readonly onMore: () => void
  readonly onAgain: () => void
  readonly onView: (file: FileEntry) => void
}

/** What is in a folder of a host, and the way back up. */
export function Folder(props: FolderProps): JSX.Element {
  const crumbs = () => crumbsOf(props.page.root, props.page.path)
  return (
    <>
      <nav class="row" aria-label={say('files.where')}>
        <Show when={!props.alone}>
          <A href={`/hosts/${props.host}/files`} end>
            {say('files.allRoots')}
          </A>
        </Show>
        <For each={crumbs()}>
          {(crumb, at) => (
            <>
              <span class="dim" aria-hidden="true">
                {at() === 0 && props.alone ? '' : '/'}
              </span>
              <Show
                when={at() < crumbs().length - 1}
                fallback={
                  <span class="mono" aria-current="page">
                    {nameWords(crumb.name)}
                  </span>
                }
              >
                <A class="mono" href={folderUrl(props.host, crumb.path)}>
                  {nameWords(crumb.name)}
                </A>
              </Show>
            </>
          )}
        </For>
        <span class="grow" />
        <button type="button" class="quiet" onClick={() => props.onAgain()}>
          {say('files.again')}
        </button>
      </nav>
      <Show when={props.page.cut}>
        <Note state="warn">{say('files.cut', { n: number(props.page.total) })}</Note>
      </Show>
      <Show when={props.page.entries.length > 0} fallback={<Empty text={say('files.empty')} />}>
        <Entries {...props} />
      </Show>
    </>
  )
}

function Entries(props: FolderProps): JSX.Element {
  return (
    <>
      <div class="table" tabindex="0" role="region" aria-label={say('files.list')}>
        <table class="stack-phone">
          <thead>
            <tr>
              <th>{say('files.name')}</th>
              <th>{say('files.size')}</th>
              <th>{say('files.changed')}</th>
              <th>{say('files.owner')}</th>
              <th>{say('files.mode')}</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.page.entries}>
              {(entry) => (
                <tr>
                  <td>
                    <Name host={props.host} folder={props.page.path} entry={entry} onView={props.onView} />
                  </td>
                  <td>{entry.kind === 'file' ? bytes(entry.sizeBytes) : '–'}</td>
                  <td class="dim">{time(entry.changedMs)}</td>
                  <td>
                    {plain(entry.owner)}:{plain(entry.group)}
                  </td>
                  <td class="mono dim">{modeOf(entry)}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
      <p class="foot">
        <span class="grow dim">{say('files.shown', { shown: number(props.page.entries.length), total: number(props.page.total) })}</span>
        <Show when={props.page.next !== null}>
          <button type="button" onClick={() => props.onMore()}>
            {say('files.more')}
          </button>
        </Show>
      </p>
    </>
  )
}

/** What can be opened is a link or a button; the rest says why it is not. */
function Name(props: {
  readonly host: string
  readonly folder: string
  readonly entry: FileEntry
  readonly onView: (file: FileEntry) => void
}): JSX.Element {
  const entry = () => props.entry
  const name = () => nameWords(entry().name)
  return (
    <Switch
      fallback={
        <>
          <span class="mono">{name()}</span> <span class="dim">{aside(entry())}</span>
        </>
      }
    >
      <Match when={entry().kind === 'folder' && !entry().unnamed}>
        <A class="mono" href={folderUrl(props.host, below(props.folder, entry().name))}>
          {name()}/<span class="visually-hidden"> {say('files.kind.folder')}</span>
        </A>
      </Match>
      <Match when={entry().kind === 'file' && !entry().unnamed}>
        <button type="button" class="quiet mono file-name" onClick={() => props.onView(entry())}>
          {name()}
        </button>
      </Match>
    </Switch>
  )
}

function aside({ kind, pointsTo, unnamed }: FileEntry): string {
  if (unnamed) return say('files.unnamed')
  if (kind === 'link') return say('files.kind.link', { to: nameWords(pointsTo) })
  return kind === 'file' ? '' : say(`files.kind.${kind}`)
}
