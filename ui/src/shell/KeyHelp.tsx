import { createMemo, For, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { single, turnSingle, type KeyAction } from '../kit/keys.ts'

const write = (combo: string) =>
  combo
    .replace('Mod+', 'Ctrl ')
    .replace('Shift+', 'Shift ')
    .replace('ArrowDown', '↓')
    .replace('ArrowUp', '↑')
    .replace('Escape', 'Esc')
    .replace('Delete', 'Del')
    .replace(/\b[a-z]$/, (letter) => (combo.includes('+') ? letter.toUpperCase() : letter))

/** What every key does on this screen. */
export function KeyHelp(props: { readonly keys: readonly KeyAction[]; readonly onClose: () => void }): JSX.Element {
  // Several keys that do one thing stand together.
  const rows = createMemo(() => [...Map.groupBy(props.keys, ({ label }) => label)])
  return (
    <Dialog title={t('keys.title')} wide onClose={() => props.onClose()}>
      <label class="row">
        <input type="checkbox" data-first checked={single()} onChange={(event) => turnSingle(event.currentTarget.checked)} />
        {t('keys.single')}
      </label>
      <dl class="keys-help">
        <For each={rows()}>
          {([label, keys]) => (
            <div>
              <dt>
                <For each={keys}>{({ combo }) => <kbd>{write(combo)}</kbd>}</For>
              </dt>
              <dd>{t(label)}</dd>
            </div>
          )}
        </For>
      </dl>
    </Dialog>
  )
}
