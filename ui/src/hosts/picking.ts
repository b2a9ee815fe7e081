import { createMemo, createSignal } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { t } from '../i18n/i18n.ts'
import type { KeyAction } from '../kit/keys.ts'
import { tell } from '../kit/kit.tsx'
import type { createHosts } from '../kit/live.ts'
import type { MenuItem } from '../kit/Menu.tsx'
import { createSelection } from '../kit/selection.ts'
import { hostVerbs, labelOf, reasonAgainst, type HostVerb } from './bulk.ts'

/** What is selected, and what can be done to it. */
export function createPicking(live: ReturnType<typeof createHosts>, rows: () => readonly Host[], current: () => number) {
  const selection = createSelection<Host>(({ id }) => id)
  const [bulk, setBulk] = createSignal<{ readonly verb: HostVerb; readonly hosts: readonly Host[] }>()
  const [menu, setMenu] = createSignal<() => void>()
  const latest = (id: string) => live.state.hosts.find((host) => host.id === id)
  /** Whoever was removed meanwhile is no longer selected. */
  const chosen = createMemo(() => selection.rows().flatMap(({ id }) => latest(id) ?? []))
  const subject = () => (chosen().length > 0 ? chosen() : [rows()[current()]].filter((host) => host !== undefined))
  let anchor = -1

  function toggle(index: number, range: boolean): void {
    const host = rows()[index]
    if (host === undefined) return
    if (range && anchor >= 0) return selection.add(rows().slice(Math.min(index, anchor), Math.max(index, anchor) + 1))
    anchor = index
    selection.toggle(host)
  }
  const selectAll = () => selection.add(rows())
  const perform = (verb: HostVerb) => {
    if (subject().length === 0) return false
    if (reasonAgainst() !== undefined) return tell(t(reasonAgainst()!), true)
    return void setBulk({ verb, hosts: subject() })
  }
  const actions = (): MenuItem[] =>
    hostVerbs.map((verb) => ({
      label: `${t(labelOf(verb))} …`,
      danger: verb === 'revoke',
      ...(verb === 'revoke' ? { key: 'Del' } : {}),
      reason: reasonAgainst() === undefined ? undefined : t(reasonAgainst()!),
      run: () => perform(verb),
    }))
  const keys: readonly KeyAction[] = [
    { combo: 'x', label: 'keys.select', run: () => toggle(current(), false) },
    { combo: 'Shift+x', label: 'keys.selectRange', run: () => toggle(current(), true) },
    { combo: 'Mod+a', label: 'keys.selectAll', run: selectAll },
    { combo: 'Delete', label: 'hosts.bulk.revoke', run: () => perform('revoke') },
    { combo: '.', label: 'grid.actions', run: () => menu()?.() },
  ]
  return {
    selection,
    chosen,
    subject,
    toggle,
    selectAll,
    latest,
    bulk,
    setBulk,
    actions,
    keys,
    setMenu: (open: () => void) => setMenu(() => open),
  }
}
