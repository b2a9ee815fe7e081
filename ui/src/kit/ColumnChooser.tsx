import { For, type JSX } from 'solid-js'
import type { Key } from '../i18n/en.ts'
import { t } from '../i18n/i18n.ts'
import type { Columns } from './columns.ts'
import { Dialog } from './Dialog.tsx'

/** Which columns, in what order, how wide: all by keyboard, too. */
export function ColumnChooser(props: {
  readonly columns: Columns
  readonly label: (key: string) => Key
  readonly onClose: () => void
}): JSX.Element {
  const name = (key: string) => t(props.label(key))
  return (
    <Dialog title={t('grid.columns')} onClose={() => props.onClose()}>
      <ul class="choices">
        <For each={props.columns.all().map(({ key }) => key)}>
          {(key) => {
            const column = () => props.columns.all().find((one) => one.key === key)!
            return (
              <li class="row">
                <label class="grow row">
                  <input
                    type="checkbox"
                    checked={column().shown}
                    onChange={(event) => props.columns.show(key, event.currentTarget.checked)}
                  />
                  {name(key)}
                </label>
                <input
                  type="number"
                  min="48"
                  max="900"
                  step="8"
                  class="width"
                  aria-label={t('grid.width', { column: name(key) })}
                  value={column().width}
                  onChange={(event) => props.columns.resize(key, event.currentTarget.valueAsNumber || 100)}
                />
                <button type="button" aria-label={t('grid.up', { column: name(key) })} onClick={() => props.columns.move(key, -1)}>
                  ↑
                </button>
                <button type="button" aria-label={t('grid.down', { column: name(key) })} onClick={() => props.columns.move(key, 1)}>
                  ↓
                </button>
              </li>
            )
          }}
        </For>
      </ul>
      <p class="row">
        <button type="button" onClick={() => props.columns.reset()}>
          {t('grid.reset')}
        </button>
        <span class="grow" />
        <button type="button" class="primary" data-first onClick={() => props.onClose()}>
          {t('done')}
        </button>
      </p>
    </Dialog>
  )
}
