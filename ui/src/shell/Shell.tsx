import { A, useLocation, useNavigate } from '@solidjs/router'
import { createEffect, createSignal, For, lazy, on, onMount, Show, Suspense, type JSX, type ParentProps } from 'solid-js'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { fetchJson, forgetSession, link } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { Icon } from '../kit/Icon.tsx'
import { Mark } from '../kit/Mark.tsx'
import { activeKeys, createKeys, type KeyAction } from '../kit/keys.ts'
import { Notices, plain, Skeleton } from '../kit/kit.tsx'
import { Menu } from '../kit/Menu.tsx'
import { Banner } from './Banner.tsx'
import { createLeaving, Leaving } from './Leaving.tsx'
import { isMore, places } from './places.ts'
import { Tray } from './Tray.tsx'
import { UserMenu } from './UserMenu.tsx'

const openPalette = () => import('./Palette.tsx')
const Palette = lazy(async () => ({ default: (await openPalette()).Palette }))
const KeyHelp = lazy(async () => ({ default: (await import('./KeyHelp.tsx')).KeyHelp }))
/** The frame around every page: rail, search, banner, keys. */
export function Shell(
  props: ParentProps<{
    readonly me: Me
    readonly onOut: (byChoice: boolean) => void
    readonly onSwitch: () => void
    readonly onEnter: (organization: string) => Promise<void>
    readonly beside?: JSX.Element
  }>,
): JSX.Element {
  const [searching, setSearching] = createSignal(false)
  const [helping, setHelping] = createSignal<readonly KeyAction[]>()
  const navigate = useNavigate()
  const place = useLocation()
  const leaving = createLeaving()
  // Not in the first load, and there before anybody can ask for it.
  onMount(() => void openPalette())
  createEffect(() => link().state === 'ended' && props.onOut(false))
  // A new page begins at its top, for the eye and for the keyboard; a tab of the same page leaves one where one was.
  createEffect(
    on(
      () => place.pathname,
      () => {
        if (document.activeElement?.closest('.tabs, main') == null)
          document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true })
      },
      { defer: true },
    ),
  )
  createKeys([
    { combo: 'Mod+k', label: 'palette.open', run: () => setSearching(true) },
    { combo: ':', label: 'palette.open', run: () => setSearching(true) },
    { combo: '/', label: 'keys.filter', run: toFilter },
    { combo: '?', label: 'keys.title', run: () => setHelping(activeKeys()) },
    { combo: '[', label: 'keys.tabBefore', run: () => turnTab(-1) },
    { combo: ']', label: 'keys.tabNext', run: () => turnTab(1) },
    { combo: '-', label: 'keys.back', run: () => history.back() },
  ])
  // Again whenever what this person may do changes.
  createEffect(() => createKeys(places().map(([combo, label, path]) => ({ combo, label, run: () => navigate(path) }))))

  const more = () =>
    places()
      .filter(([, , path]) => isMore(path))
      .map(([, label, path]) => ({ label: t(label), run: () => navigate(path) }))

  const signOut = () =>
    leaving.ask(async () => {
      forgetSession()
      await fetchJson('DELETE', '/logins/current').catch(() => undefined)
      props.onOut(true)
    })

  return (
    <div class="shell">
      <header class="top">
        <A href="/" class="brand" aria-label="Fairlead">
          <Mark /> <span class="hide-phone">Fairlead</span>
        </A>
        <button type="button" class="search" onClick={() => setSearching(true)}>
          <Icon name="search" /> <span class="grow">{t('palette.open')}</span> <kbd class="hide-phone">Ctrl K</kbd>
        </button>
        <span class="grow hide-phone" />
        <Tray />
        <Suspense>{props.beside}</Suspense>
        <span class="organization clip dim hide-phone" title={plain(props.me.organization.name)}>
          {plain(props.me.organization.name)}
        </span>
        <UserMenu
          onSwitch={props.onSwitch}
          onProfile={() => navigate('/profile')}
          onApprovals={() => navigate('/approvals')}
          onKeys={() => setHelping(activeKeys())}
          onOut={signOut}
        />
      </header>
      <nav class="rail" aria-label={t('nav.main')}>
        <For each={places()}>
          {([combo, label, path, icon]) => (
            <A href={path} end={path === '/'} title={`${t(label)} (${combo})`} class={isMore(path) ? 'hide-phone' : ''}>
              <Icon name={icon} /> <span>{t(label)}</span>
            </A>
          )}
        </For>
        <Show when={places().some(([, , path]) => isMore(path))}>
          <Menu label={t('nav.more')} icon="more" class="more" up items={more()} />
        </Show>
      </nav>
      <main tabindex="-1">
        <Banner />
        <Suspense fallback={<Skeleton />}>{props.children}</Suspense>
      </main>
      <Show when={searching()}>
        <Palette
          onSwitch={props.onSwitch}
          onEnter={props.onEnter}
          onClose={() => setSearching(false)}
          onOut={signOut}
          onKeys={() => setHelping(activeKeys())}
        />
      </Show>
      <Show when={helping()}>{(keys) => <KeyHelp keys={keys()} onClose={() => setHelping(undefined)} />}</Show>
      <Leaving leaving={leaving} />
      <Notices />
    </div>
  )
}

/** Into the filter of the page; false where there is none. */
function toFilter(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-filter]')
  field?.focus()
  return field !== null
}

/** The tab beside the one shown; nothing where there are none. */
function turnTab(by: number): boolean {
  const tabs = [...document.querySelectorAll<HTMLAnchorElement>('.tabs a')]
  const at = tabs.findIndex((tab) => tab.getAttribute('aria-current') === 'page')
  const next = tabs[at + by]
  if (at < 0 || next === undefined) return false
  next.click()
  return true
}
