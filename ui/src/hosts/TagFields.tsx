import { createUniqueId, For, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { TagFault as Fault } from '@fairlead/protocol/tags.ts'
import { t } from '../i18n/i18n.ts'
import { plain } from '../kit/kit.tsx'
import { TagFault } from '../kit/TagFault.tsx'
import { tagsOf } from './bulk.ts'

/** Tags to give, typed; those of the fleet are offered. */
export function NewTags(props: {
  readonly text: string
  readonly fault: Fault | undefined
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
          maxlength="4096"
          aria-invalid={props.fault !== undefined}
          aria-describedby={`${id}-bad`}
          value={props.text}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
        <small>{t('hosts.tagsHint')}</small>
      </label>
      <datalist id={`${id}-known`}>
        <For each={props.known}>{(tag) => <option value={tag} />}</For>
      </datalist>
      <TagFault id={`${id}-bad`} fault={props.fault} />
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
