import { t } from '../i18n/i18n.ts'
import type { KeyAction } from '../kit/keys.ts'
import { tell } from '../kit/kit.tsx'
import type { Verb } from './actions.ts'
import type { ContainerList } from './list.ts'

/** What the keys do on a list of containers. */
export function listKeys(list: ContainerList, openMenu: () => void): readonly KeyAction[] {
  const go = (tab: string) => () => list.open(list.current(), tab)
  const doing = (verb: Verb) => () => void list.settled().then(() => list.perform(verb, list.subject()))
  return [
    { combo: 'j', label: 'keys.down', run: () => list.step(1) },
    { combo: 'ArrowDown', label: 'keys.down', run: () => list.step(1) },
    { combo: 'k', label: 'keys.up', run: () => list.step(-1) },
    { combo: 'ArrowUp', label: 'keys.up', run: () => list.step(-1) },
    { combo: 'PageDown', label: 'keys.pageDown', run: () => list.step(20) },
    { combo: 'PageUp', label: 'keys.pageUp', run: () => list.step(-20) },
    { combo: 'Enter', label: 'keys.open', run: go('') },
    { combo: 'Space', label: 'keys.peek', run: () => list.standing() !== undefined && void list.peek(list.standing()) },
    { combo: 'x', label: 'keys.select', run: () => list.toggle(list.current(), false) },
    { combo: 'Shift+x', label: 'keys.selectRange', run: () => list.toggle(list.current(), true) },
    { combo: 'Mod+a', label: 'keys.selectAll', run: list.selectAll },
    { combo: 'l', label: 'keys.logs', run: go('/logs') },
    { combo: 's', label: 'keys.shell', run: go('/terminal') },
    { combo: 'd', label: 'keys.describe', run: go('') },
    { combo: 'y', label: 'keys.raw', run: go('/inspect') },
    { combo: 'r', label: 'containers.restart', run: doing('restart') },
    { combo: 'Shift+s', label: 'containers.stop', run: doing('stop') },
    { combo: 'F2', label: 'rename.do', run: () => list.rename(list.standing()) },
    { combo: 'Delete', label: 'containers.remove', run: doing('remove') },
    { combo: '.', label: 'grid.actions', run: openMenu },
    { combo: 'c', label: 'keys.copyId', run: () => list.standing() !== undefined && void copyText(list.standing()!.id) },
    { combo: 'w', label: 'keys.port', run: () => openPort(list) },
    { combo: 'Escape', label: 'keys.clear', run: () => leave(list) },
  ]
}

export async function copyText(value: string): Promise<void> {
  await navigator.clipboard.writeText(value)
  tell(t('copied'))
}

function openPort(list: ContainerList): void {
  const row = list.standing()
  const port = /(\d+)→/.exec(String(row?.facts['ports'] ?? ''))?.[1]
  if (row === undefined || port === undefined) return tell(t('peek.noPort'), true)
  window.open(`http://${row.hostName}:${port}`, '_blank', 'noopener')
}

/** The innermost thing first: the panel, then the selection. */
function leave({ query, selection }: ContainerList): unknown {
  if (query.peeked() !== '') return query.setPeek('')
  return selection.size() > 0 ? selection.clear() : false
}
