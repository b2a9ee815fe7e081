import { A, useNavigate } from '@solidjs/router'
import { createEffect, createSignal, lazy, Show, Suspense, type JSX, type ParentProps } from 'solid-js'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { fetchJson, forgetSession, link } from '../api/api.ts'
import { chooseLanguage, language, t } from '../i18n/i18n.ts'
import { activeKeys, createKeys, type KeyAction } from '../kit/keys.ts'
import { Notices, plain, Skeleton } from '../kit/kit.tsx'
import { Banner } from './Banner.tsx'
import { Palette } from './Palette.tsx'
import { Tray } from './Tray.tsx'

const themes = ['', 'light', 'dark'] as const
const KeyHelp = lazy(async () => ({ default: (await import('./KeyHelp.tsx')).KeyHelp }))
const goTo = [
  ['g o', 'nav.overview', '/'],
  ['g h', 'nav.hosts', '/hosts'],
  ['g c', 'nav.containers', '/containers'],
  ['g l', 'nav.logs', '/logs'],
  ['g t', 'nav.terminals', '/terminals'],
  ['g y', 'nav.activity', '/activity'],
] as const

/** The frame around every page: rail, search, banner, keys. */
export function Shell(props: ParentProps<{ readonly me: Me; readonly onOut: () => void }>): JSX.Element {
  const [searching, setSearching] = createSignal(false)
  const [helping, setHelping] = createSignal<readonly KeyAction[]>()
  const navigate = useNavigate()
  createEffect(() => link().state === 'ended' && props.onOut())
  createKeys([
    { combo: 'Mod+k', label: 'palette.open', run: () => setSearching(true) },
    { combo: ':', label: 'palette.open', run: () => setSearching(true) },
    { combo: '/', label: 'keys.filter', run: toFilter },
    { combo: '?', label: 'keys.title', run: () => setHelping(activeKeys()) },
    { combo: '[', label: 'keys.tabBefore', run: () => turnTab(-1) },
    { combo: ']', label: 'keys.tabNext', run: () => turnTab(1) },
    { combo: '-', label: 'keys.back', run: () => history.back() },
    ...goTo.map(([combo, label, path]) => ({ combo, label, run: () => navigate(path) })),
  ])

  async function signOut(): Promise<void> {
    forgetSession()
    await fetchJson('DELETE', '/logins/current').catch(() => undefined)
    props.onOut()
  }

  function nextTheme(): void {
    const next = themes[(themes.indexOf((document.documentElement.dataset['theme'] ?? '') as '') + 1) % themes.length]!
    if (next === '') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = next
    localStorage.setItem('theme', next)
  }

  return (
    <div class="shell">
      <header class="top">
        <A href="/" class="brand">
          Fairlead
        </A>
        <button type="button" class="search" onClick={() => setSearching(true)}>
          {t('palette.open')} <kbd class="hide-phone">Ctrl K</kbd>
        </button>
        <span class="grow" />
        <Tray />
        <span class="dim hide-phone">{plain(props.me.organization.name)}</span>
        <select aria-label="Language" value={language()} onChange={(event) => chooseLanguage(event.currentTarget.value as 'en' | 'fr')}>
          <option value="en">EN</option>
          <option value="fr">FR</option>
        </select>
        <button type="button" onClick={nextTheme} class="hide-phone">
          {t('theme.toggle')}
        </button>
        <button type="button" onClick={signOut}>
          {t('nav.signOut')}
        </button>
      </header>
      <nav class="rail" aria-label={t('nav.main')}>
        <A href="/" end>
          {t('nav.overview')}
        </A>
        <A href="/hosts">{t('nav.hosts')}</A>
        <A href="/containers">{t('nav.containers')}</A>
        <A href="/logs">{t('nav.logs')}</A>
        <A href="/terminals">{t('nav.terminals')}</A>
        <A href="/activity">{t('nav.activity')}</A>
      </nav>
      <main>
        <Banner />
        <Suspense fallback={<Skeleton />}>{props.children}</Suspense>
      </main>
      <Show when={searching()}>
        <Palette onClose={() => setSearching(false)} />
      </Show>
      <Show when={helping()}>{(keys) => <KeyHelp keys={keys()} onClose={() => setHelping(undefined)} />}</Show>
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
