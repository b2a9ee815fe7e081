import { A } from '@solidjs/router'
import { createMemo, For, Show, type JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Key } from '../i18n/en.ts'
import { ago, bytes, cores, t, time } from '../i18n/i18n.ts'
import { CopyButton, plain, Skeleton } from '../kit/kit.tsx'
import { Menu, type MenuItem } from '../kit/Menu.tsx'
import { columns, State } from './columns.tsx'
import { otherFacts, stateWords } from './words.ts'

const links = ['logs', 'terminal', 'stats', 'inspect'] as const

const known = new Map<string, Key>([...columns.map(({ key, label }) => [key, label] as const), ['service', 'containers.service']])
/** A fact that is known is called as its column is; another by its own name. */
export const factLabel = (name: string): string => (known.has(name) ? t(known.get(name)!) : plain(name))

/** One row beside the list, without leaving it. */
export function Peek(props: {
  readonly row: FleetRow | undefined
  readonly actions: readonly MenuItem[]
  readonly onClose: () => void
}): JSX.Element {
  // While the next row is on its way the panel keeps the one before: it never blinks.
  const last = createMemo<FleetRow | undefined>((before) => props.row ?? before)
  const row = () => last()!
  return (
    <aside class="peek" aria-label={t('peek.title')}>
      <Show when={last() !== undefined} fallback={<Skeleton lines={8} />}>
        <div class="head">
          <h2 class="grow">{plain(row().name)}</h2>
          <button type="button" class="quiet" aria-label={t('keys.close')} onClick={() => props.onClose()}>
            ×
          </button>
        </div>
        <p class="row">
          <State row={row()} />
          <span class="dim" title={row().sinceMs > 0 ? time(row().sinceMs) : undefined}>
            {stateWords(row())}
          </span>
        </p>
        <Show when={row().staleMs}>
          {(since) => <p class="box">◌ {t('peek.stale', { host: plain(row().hostName), age: ago(since()) })}</p>}
        </Show>
        <p class="row">
          <For each={links}>
            {(tab) => (
              <A class="button" href={`/containers/${row().host}/${row().id}/${tab}`}>
                {t(`tab.${tab}`)}
              </A>
            )}
          </For>
          <Menu label={t('grid.actions')} items={props.actions} />
        </p>
        <dl>
          <dt>{t('containers.host')}</dt>
          <dd>
            <A href={`/hosts/${row().host}`}>{plain(row().hostName)}</A>
          </dd>
          <dt>{t('containers.cpu')}</dt>
          <dd>{cores(row().cpu)}</dd>
          <dt>{t('containers.memory')}</dt>
          <dd>
            {bytes(row().memoryBytes)}
            <Show when={row().memoryLimitBytes}>{(limit) => ` / ${bytes(limit())}`}</Show>
          </dd>
          <For each={otherFacts(row())}>
            {([name, value]) => (
              <>
                <dt>{factLabel(name)}</dt>
                <dd class="mono">{plain(String(value))}</dd>
              </>
            )}
          </For>
          <Show when={row().tags.length > 0}>
            <dt>{t('hosts.tags')}</dt>
            <dd>{plain(row().tags.join(' '))}</dd>
          </Show>
          <Show when={row().createdMs > 0}>
            <dt>{t('containers.created')}</dt>
            <dd title={time(row().createdMs)}>{t('since.ended', { age: ago(row().createdMs) })}</dd>
          </Show>
          <dt>{t('containers.id')}</dt>
          <dd>
            <code>{row().id.slice(0, 12)}</code> <CopyButton text={row().id} label={t('error.copy')} />
          </dd>
        </dl>
      </Show>
    </aside>
  )
}
