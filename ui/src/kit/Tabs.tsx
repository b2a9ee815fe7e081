import { useLocation } from '@solidjs/router'
import { createEffect, For, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'

/** Parts of one page. That of the address is current though the address goes on behind it: one thing of a list is in its tab. */
export function Tabs<T extends string>(props: {
  readonly tabs: readonly T[]
  readonly current: string
  readonly hrefOf: (tab: T) => string
  readonly wordsOf: (tab: T) => string
}): JSX.Element {
  return (
    <TabStrip>
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
    </TabStrip>
  )
}

/** Links to the parts of a page. The current one is in sight, however narrow the screen. */
export function TabStrip(props: { readonly children: JSX.Element }): JSX.Element {
  const location = useLocation()
  let strip: HTMLElement | undefined
  createEffect(() => {
    void location.pathname
    requestAnimationFrame(() => {
      const [own, current] = [strip, strip?.querySelector('[aria-current]')].map((one) => one?.getBoundingClientRect())
      if (own !== undefined && current !== undefined) strip!.scrollLeft += current.left + current.width / 2 - own.left - own.width / 2
    })
  })
  return (
    <nav class="tabs" ref={(nav) => (strip = nav)} aria-label={t('tab.list')}>
      {props.children}
    </nav>
  )
}
