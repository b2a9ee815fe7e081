import { A } from '@solidjs/router'
import type { JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ago, bytes, cores, time } from '../i18n/i18n.ts'
import { silentEngine } from '../kit/engines.ts'
import type { GridColumn } from '../kit/Grid.tsx'
import { plain, StateMark } from '../kit/kit.tsx'
import { sinceWords, stateWord, stateWords } from './words.ts'

const fact = (row: FleetRow, name: string) => plain(String(row.facts[name] ?? ''))
const factColumn = (
  key: string,
  label: GridColumn<FleetRow>['label'],
  width: number,
  more: Partial<GridColumn<FleetRow>> = {},
): GridColumn<FleetRow> => ({
  key,
  label,
  width,
  cell: (row) => <span title={fact(row(), key)}>{fact(row(), key)}</span>,
  text: (row) => String(row.facts[key] ?? ''),
  ...more,
})

/** Whether it was so when it was last seen, and nobody knows about now. */
export const isOld = ({ host, staleMs }: Pick<FleetRow, 'host' | 'staleMs'>): boolean =>
  staleMs !== undefined || silentEngine(host) !== undefined

export function State(props: { readonly row: FleetRow }): JSX.Element {
  return <StateMark state={isOld(props.row) ? 'stale' : props.row.state} word={stateWord(props.row)} />
}

/** Everything that can be shown of a container in a list. */
export const columns: readonly GridColumn<FleetRow>[] = [
  {
    key: 'name',
    label: 'containers.name',
    width: 220,
    cell: (row) => (
      <A href={`/containers/${row().host}/${row().id}`} tabindex="-1" title={plain(row().name)}>
        {plain(row().name)}
      </A>
    ),
    text: (row) => row.name,
  },
  {
    key: 'state',
    label: 'containers.state',
    width: 130,
    least: 116,
    cell: (row) => (
      <span title={stateWords(row())}>
        <State row={row()} />
      </span>
    ),
    text: (row) => (row.staleMs === undefined ? row.status : `${row.status} (stale)`),
  },
  {
    key: 'since',
    label: 'since.title',
    width: 116,
    least: 106,
    cell: (row) => <span title={row().sinceMs > 0 ? time(row().sinceMs) : undefined}>{sinceWords(row(), true)}</span>,
    text: (row) => (row.sinceMs > 0 ? new Date(row.sinceMs).toISOString() : ''),
  },
  { key: 'host', label: 'containers.host', width: 140, cell: (row) => <>{plain(row().hostName)}</>, text: (row) => row.hostName },
  factColumn('stack', 'containers.stack', 130),
  factColumn('image', 'containers.image', 240),
  {
    key: 'cpu',
    label: 'containers.cpu',
    width: 84,
    least: 72,
    number: true,
    cell: (row) => <>{cores(row().cpu)}</>,
    text: (row) => String(row.cpu ?? ''),
  },
  {
    key: 'memory',
    label: 'containers.memory',
    width: 100,
    least: 92,
    number: true,
    cell: (row) => <span title={row().memoryBytes === undefined ? undefined : `${row().memoryBytes} B`}>{bytes(row().memoryBytes)}</span>,
    text: (row) => String(row.memoryBytes ?? ''),
  },
  factColumn('ports', 'containers.ports', 180),
  {
    key: 'created',
    label: 'containers.created',
    width: 90,
    number: true,
    shown: false,
    cell: (row) => (
      <span title={row().createdMs > 0 ? time(row().createdMs) : undefined}>{row().createdMs > 0 ? ago(row().createdMs) : '–'}</span>
    ),
    text: (row) => (row.createdMs > 0 ? new Date(row.createdMs).toISOString() : ''),
  },
  {
    key: 'tags',
    label: 'hosts.tags',
    width: 140,
    shown: false,
    sort: false,
    cell: (row) => <>{plain(row().tags.join(' '))}</>,
    text: (row) => row.tags.join(' '),
  },
  factColumn('command', 'containers.command', 240, { shown: false }),
  {
    key: 'id',
    label: 'containers.id',
    width: 120,
    shown: false,
    sort: false,
    cell: (row) => <code>{row().id.slice(0, 12)}</code>,
    text: (row) => row.id,
  },
]

/** Two lines on a phone: what it is and how it is, then where and of what. */
export function card(row: () => FleetRow): JSX.Element {
  return (
    <>
      <span class="card-line">
        <strong class="grow">{plain(row().name)}</strong>
        <State row={row()} />
      </span>
      <span class="card-line dim">
        <span class="grow">
          {plain(row().hostName)} · {fact(row(), 'image')}
        </span>
        <span>{[sinceWords(row()), row().memoryBytes === undefined ? '' : bytes(row().memoryBytes)].filter(Boolean).join(' · ')}</span>
      </span>
    </>
  )
}
