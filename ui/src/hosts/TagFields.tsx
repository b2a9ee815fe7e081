import { createUniqueId, For, Show, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { t } from '../i18n/i18n.ts'
import { plain } from '../kit/kit.tsx'
import { tagsOf } from './bulk.ts'

/** Tags to give, typed; those of the fleet are offered. */
export function NewTags(props: {
  readonly text: string
  readonly bad: string | undefined
  readonly known: readonly string[]
  readonly onInput: (text: string) => void
}): JSX.Element {
  const id = createUniqueId()
  return (
    <>
      <label class="field">
        {t('hosts.tags')}
        <input
          data-first
          list={`${id}-known`}
          autocomplete="off"
          spellcheck={false}
          maxlength="512"
          aria-invalid={props.bad !== undefined}
          aria-describedby={`${id}-bad`}
          value={props.text}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
        <small>{t('hosts.tagsHint')}</small>
      </label>
      <datalist id={`${id}-known`}>
        <For each={props.known}>{(tag) => <option value={tag} />}</For>
      </datalist>
      <div id={`${id}-bad`} role="alert">
        <Show when={props.bad}>{(tag) => <p class="state-critical">{t('hosts.bulk.badTag', { tag: plain(tag()) })}</p>}</Show>
      </div>
    </>
  )
}

/** Tags to take away, out of those that these hosts have. */
export function OldTags(props: {
  readonly hosts: readonly Host[]
  readonly chosen: ReadonlySet<string>
  readonly onTurn: (tag: string) => void
}): JSX.Element {
  return (
    <fieldset class="tags">
      <legend class="dim">{t('hosts.bulk.which')}</legend>
      <For each={tagsOf(props.hosts)} fallback={<span class="dim">{t('hosts.bulk.noTags')}</span>}>
        {({ tag, count }, place) => (
          <label class="row tight">
            <input
              type="checkbox"
              checked={props.chosen.has(tag)}
              {...(place() === 0 ? { 'data-first': '' } : {})}
              onChange={() => props.onTurn(tag)}
            />
            {plain(tag)} <span class="dim">{count}</span>
          </label>
        )}
      </For>
    </fieldset>
  )
}
