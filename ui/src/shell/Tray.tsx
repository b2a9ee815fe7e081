import { For, lazy, Show, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { countOf, operations, runningOperations, showOperation } from '../kit/operations.ts'

const OperationView = lazy(async () => ({ default: (await import('../kit/OperationView.tsx')).OperationView }))

/** What the person set going in this page: it goes on whatever page is shown, and is found again here. */
export function Tray(): JSX.Element {
  return (
    <>
      <For each={operations.list.slice(0, 1)}>
        {(operation) => (
          <button type="button" class="tray" onClick={() => showOperation(operation.id)}>
            <span aria-hidden="true">{runningOperations() > 0 ? '◐' : countOf(operation, 'failed') > 0 ? '■' : '●'}</span>{' '}
            {countOf(operation, 'ok', 'failed', 'canceled')}/{operation.items.length}
            <span class="visually-hidden"> {t('bulk.results')}</span>
          </button>
        )}
      </For>
      <Show when={operations.shown !== undefined}>
        <OperationView />
      </Show>
    </>
  )
}
