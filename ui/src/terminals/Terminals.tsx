import { createSignal, For, Show, type JSX } from 'solid-js'
import { say } from '../i18n/observe.ts'
import { messageOf } from '../i18n/said.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { plain, Skeleton, tell } from '../kit/kit.tsx'
import { Choose } from './Choose.tsx'
import { Rename } from './Rename.tsx'
import { TerminalPane } from './TerminalPane.tsx'
import { createTerminalTabs, type TerminalTabs } from './workspace.ts'
import { refOf } from './address.ts'

/** Terminals of any hosts, side by side as tabs. They live on their hosts: leaving this page ends none of them. */
export function Terminals(): JSX.Element {
  const tabs = createTerminalTabs()
  const [choosing, setChoosing] = createSignal(false)
  const actions = {
    create: () => setChoosing(true),
    close: () => tabs.detach(tabs.shown() ?? ''),
    turn: tabs.turn,
    leave: () => document.querySelector<HTMLElement>('.terminal-tabs a[aria-current]')?.focus(),
  }
  const again = (key: string) => tabs.again(key).catch((error: unknown) => tell(messageOf(error), true))
  return (
    <>
      <div class="head">
        <h1>{say('terminal.title')}</h1>
        <span class="grow" />
        <Show when={tabs.tabs().length > 0}>
          <button type="button" onClick={() => setChoosing(true)}>
            {say('terminal.new')}
          </button>
        </Show>
      </div>
      <Show when={tabs.bad().length > 0}>
        <p class="log-note bad" role="alert">
          {say('terminal.badLink', { word: plain(tabs.bad()[0]!.slice(0, 60)) })}
        </p>
      </Show>
      <Show
        when={tabs.tabs().length > 0}
        fallback={
          <div class="box">
            <p>{say('terminal.intro')}</p>
            <Show when={tabs.hosts.ready()} fallback={<Skeleton />}>
              <Choose tabs={tabs} />
            </Show>
          </div>
        }
      >
        <Tabs tabs={tabs} />
        <For each={tabs.tabs()}>
          {(key) => (
            <TerminalPane
              terminal={refOf(key)}
              containerName={tabs.hosts.find(key)?.about.containerName ?? ''}
              hostName={tabs.hosts.hostName(refOf(key).host)}
              online={tabs.hosts.isOnline(refOf(key).host)}
              shown={tabs.shown() === key}
              covered={choosing()}
              actions={actions}
              onAgain={() => void again(key)}
              onEnd={() => void tabs.end(key)}
            />
          )}
        </For>
      </Show>
      <Show when={choosing()}>
        <Dialog title={say('terminal.open')} wide onClose={() => setChoosing(false)}>
          <Choose tabs={tabs} onDone={() => setChoosing(false)} />
        </Dialog>
      </Show>
    </>
  )
}

function Tabs(props: { readonly tabs: TerminalTabs }): JSX.Element {
  const [renaming, setRenaming] = createSignal<string>()
  const nameOf = (key: string) => {
    const about = props.tabs.hosts.find(key)?.about
    return about === undefined ? refOf(key).id.slice(0, 8) : about.name || about.containerName
  }
  return (
    <nav class="terminal-tabs" aria-label={say('terminal.title')}>
      <ul>
        <For each={props.tabs.tabs()}>
          {(key) => (
            <li classList={{ current: props.tabs.shown() === key }}>
              <a
                href={`?on=${props.tabs.tabs().join(',')}&show=${key}`}
                aria-current={props.tabs.shown() === key ? 'page' : undefined}
                title={say('terminal.renameHint')}
                onClick={(event) => {
                  event.preventDefault()
                  props.tabs.show(key)
                }}
                onDblClick={() => setRenaming(key)}
                onKeyDown={(event) => event.key === 'F2' && setRenaming(key)}
              >
                <bdi>{plain(nameOf(key))}</bdi> <bdi class="dim">{plain(props.tabs.hosts.hostName(refOf(key).host))}</bdi>
              </a>
              <button
                type="button"
                class="drop"
                aria-label={say('terminal.detach', { name: plain(nameOf(key)) })}
                title={say('terminal.detach', { name: plain(nameOf(key)) })}
                onClick={() => props.tabs.detach(key)}
              >
                ✕
              </button>
            </li>
          )}
        </For>
      </ul>
      <Show when={renaming()}>
        {(key) => (
          <Rename
            name={nameOf(key())}
            onDone={(name) => {
              const renamed = key()
              setRenaming(undefined)
              props.tabs.rename(renamed, name).catch((error: unknown) => tell(messageOf(error), true))
            }}
            onClose={() => setRenaming(undefined)}
          />
        )}
      </Show>
    </nav>
  )
}
