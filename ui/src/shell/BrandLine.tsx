import type { JSX } from 'solid-js'
import { chooseLanguage, language } from '../i18n/i18n.ts'
import { Mark } from '../kit/Mark.tsx'

/** Above a page for who is not in yet: where one is, and the other language. */
export function BrandLine(): JSX.Element {
  const other = () => (language() === 'en' ? 'fr' : 'en')
  return (
    <p class="brand">
      <Mark /> Fairlead
      <span class="grow" />
      <button type="button" class="quiet" lang={other()} onClick={() => chooseLanguage(other())}>
        {other() === 'fr' ? 'Français' : 'English'}
      </button>
    </p>
  )
}
