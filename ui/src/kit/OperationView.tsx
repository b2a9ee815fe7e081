import { createSignal, For, Show, type JSX } from 'solid-js'
import { t, time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { Dialog } from './Dialog.tsx'
import { plain } from './kit.tsx'
import { cancelWaiting, countOf, operations, retryFailed, showOperation, type ItemState, type Operation } from './operations.ts'

const looks: Readonly<Record<ItemState, readonly [string, string]>> = {
  waiting: ['○', 'off'],
  running: ['◐', 'busy'],
  ok: ['●', 'ok'],
  failed: ['■', 'critical'],
  canceled: ['○', 'off'],
}

/** The result, row by row, as it comes. Closing it ends nothing. */
export function OperationView(): JSX.Element {
  const operation = () => operations.list.find(({ id }) => id === operations.shown)
  return <Show when={operation()}>{(now) => <Result operation={now()} />}</Show>
}

function Result(props: { readonly operation: Operation }): JSX.Element {
  const [onlyFailed, setOnlyFailed] = createSignal(false)
  const failed = () => countOf(props.operation, 'failed')
  const waiting = () => countOf(props.operation, 'waiting')
  const left = () => countOf(props.operation, 'waiting', 'running')
  const rows = () => (onlyFailed() ? props.operation.items.filter(({ state }) => state === 'failed') : props.operation.items)
  return (
    <Dialog title={props.operation.label} wide onClose={() => showOperation(undefined)}>
      <p role="status">
        {t('bulk.progress', {
          done: countOf(props.operation, 'ok'),
          all: props.operation.items.length,
          failed: failed(),
        })}{' '}
        <span class="dim">{t('bulk.since', { time: time(props.operation.startedMs) })}</span>
      </p>
      <progress max={props.operation.items.length} value={props.operation.items.length - left()} aria-label={props.operation.label} />
      <p class="row">
        <label class="row">
          <input type="checkbox" checked={onlyFailed()} onChange={(event) => setOnlyFailed(event.currentTarget.checked)} />
          {t('bulk.onlyFailed', { n: failed() })}
        </label>
        <span class="grow" />
        <button type="button" disabled={failed() === 0 || left() > 0} onClick={() => retryFailed(props.operation.id)}>
          {t('bulk.retryFailed')}
        </button>
        <button type="button" disabled={waiting() === 0} onClick={() => cancelWaiting(props.operation.id)}>
          {t('bulk.cancelWaiting', { n: waiting() })}
        </button>
      </p>
      <div class="table results" tabindex="0" role="region" aria-label={t('bulk.results')}>
        <table>
          <tbody>
            <For
              each={rows()}
              fallback={
                <tr>
                  <td class="dim">{t('bulk.noneFailed')}</td>
                </tr>
              }
            >
              {(item) => (
                <tr>
                  <td class={`state state-${looks[item.state][1]}`}>
                    <span aria-hidden="true">{looks[item.state][0]}</span> {t(`bulk.item.${item.state}`)}
                  </td>
                  <td>{plain(item.name)}</td>
                  <td class="dim">{plain(item.hostName)}</td>
                  <td class="wrap">
                    {plain(said(item.message))} <code class="dim">{item.code}</code>
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
      <p class="row">
        <span class="grow dim">{left() > 0 ? t('bulk.goesOn') : ''}</span>
        <button type="button" class="primary" data-first onClick={() => showOperation(undefined)}>
          {t('keys.close')}
        </button>
      </p>
    </Dialog>
  )
}
