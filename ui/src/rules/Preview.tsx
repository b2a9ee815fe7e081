import { createEffect, createSignal, For, on, Show, type JSX } from 'solid-js'
import type { PruneRule, WouldGo } from '@fairlead/protocol/features/rules.ts'
import { ask } from '../api/api.ts'
import { bytes } from '../i18n/i18n.ts'
import { ErrorBox, plain } from '../kit/kit.tsx'
import { say } from './words.ts'

/** A host that is online, and can be asked what would go. */
export interface Askable {
  readonly id: string
  readonly name: string
}

/** Of an environment, this many are asked. */
const mostAsked = 20
const mostShown = 10

interface Found extends Askable {
  readonly would: WouldGo
}

/** What a rule would remove if it pruned now, as the hosts themselves say. */
export function Preview(props: {
  readonly hosts: readonly Askable[]
  readonly images: PruneRule['images']
  readonly olderDays: number | undefined
}): JSX.Element {
  const [found, setFound] = createSignal<readonly Found[]>()
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  // Of another choice it would be untrue.
  createEffect(
    on(
      () => [props.images, props.olderDays],
      () => setFound(undefined),
    ),
  )
  async function look(): Promise<void> {
    const [images, olderDays] = [props.images, props.olderDays]
    if (olderDays === undefined) return
    setBusy(true)
    setError(undefined)
    try {
      const all = props.hosts
        .slice(0, mostAsked)
        .map(async ({ id, name }) => ({ id, name, would: (await ask('rules.preview', { host: id, images, olderDays })) as WouldGo }))
      const now = await Promise.all(all)
      if (images === props.images && olderDays === props.olderDays) setFound(now)
    } catch (reason) {
      setError(reason)
    }
    setBusy(false)
  }
  return (
    <div class="rule-preview">
      <p>
        <button type="button" disabled={busy() || props.olderDays === undefined || props.hosts.length === 0} onClick={() => void look()}>
          {say('preview')}
        </button>{' '}
        <Show when={props.hosts.length === 0}>
          <small class="dim">{say('preview.offline')}</small>
        </Show>
      </p>
      <Show when={error()}>{(now) => <ErrorBox what={say('error.preview')} error={now()} />}</Show>
      <div role="status">
        <For each={found()}>{(one) => <Would name={props.hosts.length > 1 ? one.name : ''} would={one.would} />}</For>
      </div>
    </div>
  )
}

export function Would(props: { readonly name: string; readonly would: WouldGo }): JSX.Element {
  const told = () =>
    props.would.count === 0 ? say('preview.none') : say('preview.told', { n: props.would.count, bytes: bytes(props.would.bytes) })
  return (
    <>
      <p>
        <strong>{props.name === '' ? told() : `${plain(props.name)}: ${told()}`}</strong>
      </p>
      <ul>
        <For each={props.would.images.slice(0, mostShown)}>
          {(image) => (
            <li title={plain(image.id)}>
              {image.names.map(plain).join(', ') || `${say('preview.unnamed')} (${plain(image.id.replace('sha256:', '').slice(0, 12))})`}{' '}
              <span class="dim">{bytes(image.bytes)}</span>
            </li>
          )}
        </For>
        <Show when={props.would.count > mostShown}>
          <li class="dim">{say('preview.more', { n: props.would.count - mostShown })}</li>
        </Show>
      </ul>
    </>
  )
}
