import { createSignal, For, Show, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
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
        <h1>{t('logs.title')}</h1>
        <Show when={workspace.of() !== ''}>
          <span class="chip">
            <span class="chip-text">{t('logs.following', { filter: plain(workspace.of()) })}</span>
            <button
              type="button"
              class="drop"
              aria-label={t('logs.unfollow', { filter: plain(workspace.of()) })}
              onClick={() => workspace.follow('')}
            >
              ✕
            </button>
          </span>
        </Show>
        <span class="grow" />
        <Show when={!workspace.empty()}>
          <button type="button" onClick={() => setPicking(true)}>
            {t('logs.add')}
          </button>
        </Show>
      </div>
      <Show when={workspace.error()}>{(now) => <ErrorBox error={now()} onRetry={workspace.retry} />}</Show>
      <Absent workspace={workspace} />
      <Show when={workspace.tooMany() > 0}>
        <p class="log-note" role="status">
          {t('logs.tooMany', { n: mostSources, all: workspace.tooMany(), filter: plain(workspace.of()) })}
        </p>
      </Show>
      <Show
        when={workspace.sources().length > 0}
        fallback={
          <Show when={!workspace.looking()} fallback={<Skeleton lines={12} />}>
            <Show when={workspace.error() === undefined && workspace.absent().length === 0}>
              <Empty text={workspace.empty() ? t('logs.intro') : t('logs.pick.none')}>
                <div class="row center">
                  <button type="button" class="primary" onClick={() => setPicking(true)}>
                    {t('logs.add')}
                  </button>
                  <Show when={workspace.empty()}>
                    <button type="button" onClick={() => workspace.follow('state:running')}>
                      {t('logs.running')}
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
          <span class="grow">{t('logs.unknown', { id: plain(one.id), host: plain(one.host) })}</span>
          <button type="button" onClick={() => props.workspace.retry()}>
            {t('logs.unknown.look')}
          </button>
          <button type="button" onClick={() => props.workspace.remove(keyOf(one))}>
            {t('logs.unknown.drop')}
          </button>
        </div>
      )}
    </For>
  )
}
