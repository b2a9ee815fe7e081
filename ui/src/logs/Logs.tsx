import { createSignal, For, Show, type JSX } from 'solid-js'
import { say } from '../i18n/observe.ts'
import { Empty, ErrorBox, plain, Skeleton } from '../kit/kit.tsx'
import { LogView } from './LogView.tsx'
import { Picker } from './Picker.tsx'
import { keyOf } from './sources.ts'
import { mostSources } from './store.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

/** Logs of any containers on any hosts, merged by time. The address holds all of it. */
export function Logs(): JSX.Element {
  const workspace = createWorkspace()
  const [picking, setPicking] = createSignal(false)
  return (
    <>
      <div class="head">
        <h1>{say('logs.title')}</h1>
        <Show when={workspace.of() !== ''}>
          <span class="chip">
            <span class="chip-text">{say('logs.following', { filter: plain(workspace.of()) })}</span>
            <button
              type="button"
              class="drop"
              aria-label={say('logs.unfollow', { filter: plain(workspace.of()) })}
              onClick={() => workspace.follow('')}
            >
              ✕
            </button>
          </span>
        </Show>
        <span class="grow" />
        <Show when={!workspace.empty()}>
          <button type="button" onClick={() => setPicking(true)}>
            {say('logs.add')}
          </button>
        </Show>
      </div>
      <Show when={workspace.error()}>{(now) => <ErrorBox error={now()} onRetry={workspace.retry} />}</Show>
      <Absent workspace={workspace} />
      <Show when={workspace.tooMany() > 0}>
        <p class="log-note" role="status">
          {say('logs.tooMany', { n: mostSources, all: workspace.tooMany(), filter: plain(workspace.of()) })}
        </p>
      </Show>
      <Show
        when={workspace.sources().length > 0}
        fallback={
          <Show when={!workspace.looking()} fallback={<Skeleton lines={12} />}>
            <Show when={workspace.error() === undefined && workspace.absent().length === 0}>
              <Empty text={workspace.empty() ? say('logs.intro') : say('logs.pick.none')}>
                <div class="row center">
                  <button type="button" class="primary" onClick={() => setPicking(true)}>
                    {say('logs.add')}
                  </button>
                  <Show when={workspace.empty()}>
                    <button type="button" onClick={() => workspace.follow('state:running')}>
                      {say('logs.running')}
                    </button>
                  </Show>
                </div>
              </Empty>
            </Show>
          </Show>
        }
      >
        <LogView sources={workspace.sources()} onRemove={workspace.remove} removable={workspace.chosen} />
      </Show>
      <Show when={picking()}>
        <Picker
          chosen={workspace.sources()}
          onAdd={(refs) => (setPicking(false), workspace.add(refs))}
          onFollow={(filter) => (setPicking(false), workspace.follow(filter))}
          onClose={() => setPicking(false)}
        />
      </Show>
    </>
  )
}

/** What the address names and nobody has: said, not skipped. */
function Absent(props: { readonly workspace: Workspace }): JSX.Element {
  return (
    <For each={props.workspace.absent()}>
      {(one) => (
        <div class="box error row" role="alert">
          <span class="grow">{say('logs.unknown', { id: plain(one.id), host: plain(one.host) })}</span>
          <button type="button" onClick={() => props.workspace.retry()}>
            {say('logs.unknown.look')}
          </button>
          <button type="button" onClick={() => props.workspace.remove(keyOf(one))}>
            {say('logs.unknown.drop')}
          </button>
        </div>
      )}
    </For>
  )
}
