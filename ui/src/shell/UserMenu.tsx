import { createSignal, type JSX } from 'solid-js'
import { chooseLanguage, language, t } from '../i18n/i18n.ts'
import { me } from '../kit/me.ts'
import { Menu, type MenuItem } from '../kit/Menu.tsx'
import { plain } from '../kit/kit.tsx'

const themes = ['system', 'light', 'dark'] as const
const [theme, setTheme] = createSignal(localStorage.getItem('theme') ?? 'system')

export function chooseTheme(next: (typeof themes)[number]): void {
  if (next === 'system') {
    localStorage.removeItem('theme')
    delete document.documentElement.dataset['theme']
  } else {
    localStorage.setItem('theme', next)
    document.documentElement.dataset['theme'] = next
  }
  setTheme(next)
}

/** What is the person's own: how the console looks and speaks, and the way out. */
export function UserMenu(props: {
  readonly onSwitch: () => void
  readonly onProfile: () => void
  readonly onApprovals: () => void
  readonly onKeys: () => void
  readonly onOut: () => void
}): JSX.Element {
  const items = (): readonly MenuItem[] => [
    { label: 'English', checked: language() === 'en', lang: 'en', run: () => chooseLanguage('en') },
    { label: 'Français', checked: language() === 'fr', lang: 'fr', run: () => chooseLanguage('fr') },
    ...themes.map((one, place) => ({
      label: t(`theme.${one}`),
      checked: theme() === one,
      begins: place === 0,
      run: () => chooseTheme(one),
    })),
    { label: t('nav.profile'), begins: true, run: props.onProfile },
    { label: t('nav.approvals'), run: props.onApprovals },
    { label: t('nav.organizations'), run: props.onSwitch },
    { label: t('keys.title'), key: '?', run: props.onKeys },
    { label: t('nav.signOut'), run: props.onOut },
  ]
  return <Menu label={plain(me()?.name ?? '')} icon="user" items={items()} class="user" />
}
