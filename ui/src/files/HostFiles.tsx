import { A, useSearchParams } from '@solidjs/router'
import { createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import type { FolderPage } from '@fairlead/protocol/features/files.ts'
import type { HostPolicy } from '@fairlead/protocol/features/policy.ts'
import { ask } from '../api/api.ts'
import { Command } from '../kit/Command.tsx'
import { act, Empty, ErrorBox, NoPermission, plain, Skeleton } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { FileView } from './FileView.tsx'
import { Folder } from './Folder.tsx'
import { below, folderUrl, policyLine } from './paths.ts'
import { say } from './words.ts'

/** Files of a host, as far as the host's own policy lets this hub read them. */
export function HostFiles(props: { readonly host: string; readonly offline: boolean }): JSX.Element {
  return (
    <Switch fallback={<Asked host={props.host} />}>
      <Match when={!may('files:read')}>
        <NoPermission permission="files:read" />
      </Match>
      <Match when={props.offline}>
        <Empty text={say('files.offline')} />
      </Match>
    </Switch>
  )
}

function Asked(props: { readonly host: string }): JSX.Element {
  const { now, error, load } = createLoaded<HostPolicy | undefined>(
    'hosts:read',
    undefined,
    () => ask('policy.get', { host: props.host }) as Promise<HostPolicy>,
  )
  const [search] = useSearchParams<{ path?: string }>()
  const path = () => search.path ?? (now()?.files.read.length === 1 ? now()!.files.read[0] : undefined)
  return (
    <Show when={error() === undefined} fallback={<ErrorBox what={say('files.policyFailed')} error={error()} onRetry={() => void load()} />}>
      <Show when={now()} fallback={<Skeleton lines={10} />}>
        {(policy) => (
          <Show when={opens(policy())} fallback={<Closed policy={policy()} />}>
            <Show when={path()} fallback={<Roots host={props.host} roots={policy().files.read} />}>
              {(at) => <Opened host={props.host} path={at()} roots={policy().files.read} />}
            </Show>
          </Show>
        )}
      </Show>
    </Show>
  )
}

const opens = ({ may: verdicts, files }: HostPolicy) => verdicts['files.read'] === 'yes' && files.read.length > 0

/** Why nothing is shown, who can change that, and by what. */
export function Closed(props: { readonly policy: HostPolicy }): JSX.Element {
  const why = () => {
    const verdict = props.policy.may['files.read']
    return verdict === undefined || verdict === 'yes' ? undefined : verdict
  }
  const command = { lock: 'unlock', hub: 'policy widen', mode: 'policy', file: 'policy' } as const
  return (
    <Show
      when={why()}
      fallback={
        <Empty text={say('files.none')}>
          <Command text={policyLine} />
          <p class="dim">{say('files.noneHint')}</p>
        </Empty>
      }
    >
      {(verdict) => (
        <Empty text={say(`files.refused.${verdict()}`)}>
          <Command text={`sudo fairlead-agent ${command[verdict()]}`} />
        </Empty>
      )}
    </Show>
  )
}

export function Roots(props: { readonly host: string; readonly roots: readonly string[] }): JSX.Element {
  return (
    <>
      <h2>{say('files.roots')}</h2>
      <ul class="file-roots">
        <For each={props.roots}>
          {(root) => (
            <li>
              <A class="mono" href={folderUrl(props.host, root)}>
                {plain(root)}
              </A>
            </li>
          )}
        </For>
      </ul>
    </>
  )
}

function Opened(props: { readonly host: string; readonly path: string; readonly roots: readonly string[] }): JSX.Element {
  const [page, setPage] = createSignal<FolderPage>()
  const [viewed, setViewed] = createSignal<{ readonly path: string; readonly sizeBytes: number }>()
  const { error, retry } = createStream(
    () => ({ host: props.host, path: props.path }),
    async (at, signal) => {
      setPage(undefined)
      const found = (await ask('files.list', at)) as FolderPage
      if (!signal.aborted) setPage(found)
    },
  )
  const more = () =>
    act(
      say('files.more'),
      async () => {
        const before = page()!
        const next = (await ask('files.list', { host: props.host, path: before.path, from: before.next! })) as FolderPage
        // Somebody may be elsewhere by now.
        setPage((now) => (now === before ? { ...next, entries: [...before.entries, ...next.entries] } : now))
      },
      true,
    )
  return (
    <>
      <Show when={error() === undefined} fallback={<Lost host={props.host} error={error()} onRetry={retry} />}>
        <Show when={page()} fallback={<Skeleton lines={10} />}>
          {(now) => (
            <Folder
              host={props.host}
              page={now()}
              alone={props.roots.length === 1}
              onMore={() => void more()}
              onAgain={retry}
              onView={({ name, sizeBytes }) => setViewed({ path: below(now().path, name), sizeBytes })}
            />
          )}
        </Show>
      </Show>
      <Show when={viewed()}>{(file) => <FileView host={props.host} {...file()} onClose={() => setViewed(undefined)} />}</Show>
    </>
  )
}

/** What cannot be shown has a way back to what can. */
function Lost(props: { readonly host: string; readonly error: unknown; readonly onRetry: () => void }): JSX.Element {
  return (
    <>
      <p>
        <A href={`/hosts/${props.host}/files`}>{say('files.allRoots')}</A>
      </p>
      <ErrorBox what={say('files.failed')} error={props.error} onRetry={() => props.onRetry()} />
    </>
  )
}
