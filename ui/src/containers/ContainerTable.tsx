import { A, useNavigate } from '@solidjs/router'
import { createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { bytes, cores, t } from '../i18n/i18n.ts'
import { Empty, ErrorBox, plain, Skeleton, StateMark } from '../kit/kit.tsx'
import { createFleetPage } from '../kit/live.ts'

interface Props {
  readonly filter: string
  readonly sort?: string
  readonly page?: number
  readonly onSort?: (sort: string) => void
  readonly onPage?: (page: number) => void
  readonly onClear?: () => void
}

const pageRows = 100
const columns = [
  { key: 'state', label: 'containers.state', phone: true },
  { key: 'name', label: 'containers.name', phone: true },
  { key: 'host', label: 'containers.host', phone: true },
  { key: 'image', label: 'containers.image', phone: false },
  { key: 'cpu', label: 'containers.cpu', phone: false, number: true },
  { key: 'memory', label: 'containers.memory', phone: false, number: true },
  { key: 'ports', label: 'containers.ports', phone: false },
] as const

/** A page of containers, live: filtered, sorted and summed by the hub. */
export function ContainerTable(props: Props): JSX.Element {
  const page = () => props.page ?? 0
  const sort = () => (props.sort === undefined || props.sort === '' ? 'name' : props.sort)
  const { state, error, retry } = createFleetPage(() => ({
    kind: 'container',
    filter: props.filter,
    sort: sort(),
    offset: page() * pageRows,
    limit: pageRows,
  }))
  const [current, setCurrent] = createSignal(-1)
  const navigate = useNavigate()

  function onKey(event: KeyboardEvent): void {
    if (/^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName) || event.ctrlKey || event.metaKey) return
    const row = state.rows[current()]
    if (event.key === 'j' || event.key === 'ArrowDown') setCurrent((n) => Math.min(n + 1, state.rows.length - 1))
    else if (event.key === 'k' || event.key === 'ArrowUp') setCurrent((n) => Math.max(n - 1, 0))
    else if (event.key === 'Enter' && row !== undefined) navigate(`/containers/${row.host}/${row.id}`)
    else if (event.key === 'l' && row !== undefined) navigate(`/containers/${row.host}/${row.id}/logs`)
    else if (event.key === 's' && row !== undefined) navigate(`/containers/${row.host}/${row.id}/terminal`)
    else return
    event.preventDefault()
    document.querySelector('tr.current')?.scrollIntoView({ block: 'nearest' })
  }
  onMount(() => document.addEventListener('keydown', onKey))
  onCleanup(() => document.removeEventListener('keydown', onKey))

  const turn = (key: string) => props.onSort?.(sort() === key ? `-${key}` : key)
  const arrow = (key: string) => (sort() === key ? ' ↑' : sort() === `-${key}` ? ' ↓' : '')

  return (
    <>
      <Show when={error()}>{(now) => <ErrorBox error={now()} onRetry={retry} />}</Show>
      <Show when={state.totals?.offlineHosts?.length}>
        <p class="dim">◌ {t('containers.partial', { hosts: plain(state.totals!.offlineHosts!.join(', ')) })}</p>
      </Show>
      <Show when={state.ready} fallback={<Skeleton lines={10} />}>
        <Show
          when={state.rows.length > 0}
          fallback={
            <Empty text={(state.totals?.all ?? 0) > 0 ? t('containers.none') : t('containers.empty')}>
              <Show when={props.filter !== '' && props.onClear !== undefined}>
                <button type="button" onClick={() => props.onClear?.()}>
                  {t('containers.clear')}
                </button>
              </Show>
            </Empty>
          }
        >
          <div class="table grow">
            <table aria-rowcount={state.totals?.matching ?? state.rows.length}>
              <thead>
                <tr>
                  <For each={columns}>
                    {(column) => (
                      <th
                        class={`${'number' in column ? 'num ' : ''}${column.phone ? '' : 'hide-phone'}`}
                        aria-sort={arrow(column.key) === ' ↑' ? 'ascending' : arrow(column.key) === ' ↓' ? 'descending' : 'none'}
                      >
                        <button type="button" onClick={() => turn(column.key)}>
                          {t(column.label)}
                          {arrow(column.key)}
                        </button>
                      </th>
                    )}
                  </For>
                </tr>
              </thead>
              <tbody>
                <For each={state.rows}>
                  {(row, index) => (
                    <tr class={index() === current() ? 'current' : ''} aria-rowindex={page() * pageRows + index() + 1}>
                      <td title={plain(row.detail)}>
                        <StateMark state={row.staleMs === undefined ? row.state : 'stale'} word={plain(row.status)} />
                      </td>
                      <td>
                        <A href={`/containers/${row.host}/${row.id}`}>{plain(row.name)}</A>
                      </td>
                      <td>{plain(row.hostName)}</td>
                      <td class="hide-phone" title={plain(String(row.facts?.['image'] ?? ''))}>
                        {plain(String(row.facts?.['image'] ?? ''))}
                      </td>
                      <td class="num hide-phone">{cores(row.cpu)}</td>
                      <td class="num hide-phone">{bytes(row.memoryBytes)}</td>
                      <td class="hide-phone mono">{plain(String(row.facts?.['ports'] ?? ''))}</td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </div>
          <div class="row dim" style={{ 'padding-top': '8px' }}>
            <span class="grow">
              {t('containers.sum', {
                matching: state.totals?.matching ?? 0,
                all: state.totals?.all ?? 0,
                cpu: (state.totals?.cpu ?? 0).toFixed(2),
                memory: bytes(state.totals?.memoryBytes),
              })}
            </span>
            <Show when={(state.totals?.matching ?? 0) > pageRows}>
              <button type="button" disabled={page() === 0} onClick={() => props.onPage?.(page() - 1)}>
                ‹
              </button>
              <span>
                {t('containers.page', {
                  from: page() * pageRows + 1,
                  to: page() * pageRows + state.rows.length,
                  all: state.totals?.matching ?? 0,
                })}
              </span>
              <button
                type="button"
                disabled={(page() + 1) * pageRows >= (state.totals?.matching ?? 0)}
                onClick={() => props.onPage?.(page() + 1)}
              >
                ›
              </button>
            </Show>
          </div>
        </Show>
      </Show>
    </>
  )
}
