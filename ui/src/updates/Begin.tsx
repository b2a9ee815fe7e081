import { createEffect, createSignal, For, on, onCleanup, Show, type JSX } from 'solid-js'
import { useNavigate } from '@solidjs/router'
import { findTagFault } from '@fairlead/protocol/tags.ts'
import type { Release } from '@fairlead/protocol/features/updates-api.ts'
import { ask } from '../api/api.ts'
import { AskDialog } from '../kit/ask.tsx'
import { ErrorBox, plain } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { TagFault } from '../kit/TagFault.tsx'
import { say } from './words.ts'

type Preview = Awaited<ReturnType<typeof askPreview>>
const askPreview = (input: { environment?: string; tag?: string; counter: number }) => ask('updates.preview', input)
const mostPause = 7 * 24 * 60

/** Which release, where, how fast; and what that would do, before it is done. */
export function Begin(props: { readonly releases: readonly Release[]; readonly onClose: () => void }): JSX.Element {
  const navigate = useNavigate()
  const environments = createLoaded('hosts:read', [], () => ask('environments.list', {}))
  const [counter, setCounter] = createSignal(props.releases[0]?.counter ?? 0)
  const [environment, setEnvironment] = createSignal('')
  const [tag, setTag] = createSignal('')
  const [pause, setPause] = createSignal(10)
  const [preview, setPreview] = createSignal<Preview>()
  const [error, setError] = createSignal<unknown>()
  const tagFault = () => (tag().trim() === '' ? undefined : findTagFault([tag().trim()]))
  const input = () => ({
    counter: counter(),
    ...(environment() === '' ? {} : { environment: environment() }),
    ...(tag().trim() === '' ? {} : { tag: tag().trim() }),
  })
  createEffect(
    on(
      () => JSON.stringify(input()),
      () => {
        let stale = false
        onCleanup(() => (stale = true))
        setPreview(undefined)
        if (tagFault() !== undefined) return
        setError(undefined)
        askPreview(input()).then(
          (found) => !stale && setPreview(found),
          (reason: unknown) => !stale && setError(reason),
        )
      },
    ),
  )
  const pauseIsNone = () => !Number.isInteger(pause()) || pause() < 0 || pause() > mostPause
  async function send(): Promise<void> {
    const { id } = await ask('updates.begin', { ...input(), pauseMinutes: pause() })
    props.onClose()
    navigate(`/updates/${id}`)
  }
  return (
    <AskDialog
      title={say('begin')}
      action={say('begin')}
      disabled={(preview()?.stages.length ?? 0) === 0 || pauseIsNone()}
      send={send}
      onClose={props.onClose}
      wide
    >
      <label class="field">
        {say('begin.release')}
        <select data-first onChange={(event) => setCounter(Number(event.currentTarget.value))}>
          <For each={props.releases}>
            {(release) => (
              <option value={release.counter} selected={release.counter === counter()}>
                {release.version}
              </option>
            )}
          </For>
        </select>
      </label>
      <label class="field">
        {say('begin.where')}
        <select onChange={(event) => setEnvironment(event.currentTarget.value)}>
          <option value="">{say('begin.everywhere')}</option>
          <For each={environments.now() ?? []}>{({ id, name }) => <option value={id}>{plain(name)}</option>}</For>
        </select>
      </label>
      <label class="field">
        {say('begin.tag')}
        <input
          maxlength="63"
          autocomplete="off"
          aria-invalid={tagFault() !== undefined}
          aria-describedby="begin-tag-fault"
          value={tag()}
          onInput={(event) => setTag(event.currentTarget.value)}
        />
      </label>
      <TagFault id="begin-tag-fault" fault={tagFault()} />
      <label class="field">
        {say('begin.pause')}
        <input
          type="number"
          min="0"
          max={mostPause}
          aria-invalid={pauseIsNone()}
          aria-describedby="begin-pause-fault"
          value={pause()}
          onInput={(event) => setPause(event.currentTarget.value === '' ? Number.NaN : Number(event.currentTarget.value))}
        />
      </label>
      <div id="begin-pause-fault" role="alert">
        <Show when={pauseIsNone()}>
          <p class="state-critical">{say('begin.pauseNone', { most: mostPause })}</p>
        </Show>
      </div>
      <Show when={error()}>{(now) => <ErrorBox error={now()} />}</Show>
      <div aria-live="polite" class="preview">
        <Show when={preview()}>{(now) => <PreviewBox preview={now()} />}</Show>
      </div>
    </AskDialog>
  )
}

export function PreviewBox(props: { readonly preview: Preview }): JSX.Element {
  const count = (name: 'offline' | 'current' | 'busy') => props.preview[name]
  return (
    <>
      <h3>{say('begin.preview')}</h3>
      <Show when={props.preview.stages.length > 0} fallback={<p class="state-warn">▲ {say('begin.none')}</p>}>
        <p>
          {say('begin.stages')}: <strong>{props.preview.stages.join(' → ')}</strong>
        </p>
      </Show>
      <ul class="plain">
        <For each={(['offline', 'current', 'busy'] as const).filter((name) => count(name) > 0)}>
          {(name) => <li>{say(`begin.${name}`, { n: count(name) })}</li>}
        </For>
        <For each={props.preview.skipped}>
          {({ reason, hosts }) => (
            <li>
              {hosts} × {reason === '' ? '' : say(`reason.${reason}`)}
            </li>
          )}
        </For>
      </ul>
      <p class="dim">{say('begin.rule')}</p>
    </>
  )
}
