import { For, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { single, turnSingle, type KeyAction } from '../kit/keys.ts'

const write = (combo: string) =>
  combo
    .replace('Mod+', 'Ctrl ')
    .replace('Shift+', 'Shift ')
    .replace(/^Arrow/, '')
    .replace(/\b[a-z]$/, (letter) => (combo.includes('+') ? letter.toUpperCase() : letter))

/** What every key does on this screen. */
export function KeyHelp(props: { readonly keys: readonly KeyAction[]; readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title={t('keys.title')} wide onClose={() => props.onClose()}>
      <label class="row">
        <input type="checkbox" data-first checked={single()} onChange={(event) => turnSingle(event.currentTarget.checked)} />
        {t('keys.single')}
      </label>
      <dl class="keys-help">
        <For each={props.keys}>
          {({ combo, label }) => (
            <div>
              <dt>
                <kbd>{write(combo)}</kbd>
              </dt>
              <dd>{t(label)}</dd>
            </div>
          )}
        </For>
      </dl>
    </Dialog>
  )
}
