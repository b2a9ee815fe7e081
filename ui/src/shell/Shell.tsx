import { A, useNavigate } from '@solidjs/router'
import { createEffect, createSignal, onCleanup, onMount, Show, Suspense, type JSX, type ParentProps } from 'solid-js'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { fetchJson, forgetSession, link, retryNow } from '../api/api.ts'
import { chooseLanguage, language, t, time } from '../i18n/i18n.ts'
import { Notices, plain, Skeleton } from '../kit/kit.tsx'
import { Palette } from './Palette.tsx'

const themes = ['', 'light', 'dark'] as const
const goTo: Readonly<Record<string, string>> = { o: '/', h: '/hosts', c: '/containers', l: '/logs', y: '/activity' }

/** The frame around every page: rail, search, banner, keys. */
export function Shell(props: ParentProps<{ readonly me: Me; readonly onOut: () => void }>): JSX.Element {
  const [searching, setSearching] = createSignal(false)
  const [late, setLate] = createSignal(false)
  const navigate = useNavigate()
  let waitingForG = 0

  // A short loss is not worth a word.
  createEffect(() => {
    const lost = link().state === 'lost'
    setLate(false)
    if (!lost) return
    const timer = setTimeout(() => setLate(true), 3000)
    onCleanup(() => clearTimeout(timer))
  })
  createEffect(() => link().state === 'ended' && props.onOut())

  function onKey(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key === 'k') {
      event.preventDefault()
      return void setSearching(true)
    }
    const target = event.target as HTMLElement
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
      target.closest('.terminal') !== null
    )
      return
    if (event.key === ':') {
      event.preventDefault()
      setSearching(true)
    } else if (event.key === '/') {
      event.preventDefault()
      document.querySelector<HTMLInputElement>('[data-filter]')?.focus()
    } else if (event.key === 'g') waitingForG = Date.now()
    else if (Date.now() - waitingForG < 1500 && goTo[event.key] !== undefined) {
      waitingForG = 0
      navigate(goTo[event.key]!)
    }
  }
  onMount(() => document.addEventListener('keydown', onKey))
  onCleanup(() => document.removeEventListener('keydown', onKey))

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
        <A href="/activity">{t('nav.activity')}</A>
      </nav>
      <main>
        <Show when={late()}>
          <div class="box danger row" role="status">
            <span>{t('link.lost', { time: time((link() as { sinceMs?: number }).sinceMs ?? Date.now()) })}</span>
            <button type="button" onClick={retryNow}>
              {t('link.retry')}
            </button>
          </div>
        </Show>
        <Suspense fallback={<Skeleton />}>{props.children}</Suspense>
      </main>
      <Show when={searching()}>
        <Palette onClose={() => setSearching(false)} />
      </Show>
      <Notices />
    </div>
  )
}
