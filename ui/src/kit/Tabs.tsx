import { For, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'

/** Parts of one page. That of the address is current though the address goes on behind it: one thing of a list is in its tab. */
export function Tabs<T extends string>(props: {
  readonly tabs: readonly T[]
  readonly current: string
  readonly hrefOf: (tab: T) => string
  readonly wordsOf: (tab: T) => string
}): JSX.Element {
  return (
    <nav class="tabs" aria-label={t('tab.list')}>
      <For each={props.tabs}>
        {(tab) => (
          <a
            href={props.hrefOf(tab)}
            classList={{ active: tab === props.current }}
            aria-current={tab === props.current ? 'page' : undefined}
          >
            {props.wordsOf(tab)}
          </a>
        )}
      </For>
    </nav>
  )
}
