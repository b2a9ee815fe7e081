import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { t } from '../i18n/i18n.ts'
import { save, toCsv, toTabs } from '../kit/export.ts'
import { act } from '../kit/kit.tsx'
import type { MenuItem } from '../kit/Menu.tsx'
import { labelOf, reasonAgainst, verbs, type Verb } from './actions.ts'
import { copyText } from './keys.ts'
import { groupings, type ContainerList } from './list.ts'
import { renameReason } from './rename.ts'

const keys: Partial<Record<Verb, string>> = { restart: 'r', stop: 'Shift S', remove: 'Del' }

export function actionItems(list: ContainerList, rows: () => readonly FleetRow[]): MenuItem[] {
  const items = verbs.map((verb): MenuItem => {
    const against = rows().map((row) => reasonAgainst(verb, row))
    const key = keys[verb]
    return {
      label: t(labelOf(verb)),
      danger: verb === 'remove',
      ...(key === undefined ? {} : { key }),
      reason: against.length === 0 ? t('grid.nothing') : against.every((one) => one !== undefined) ? t(against[0]!) : undefined,
      run: () => list.perform(verb, rows()),
    }
  })
  const [only, ...more] = rows()
  if (only === undefined || more.length > 0) return items
  const against = renameReason(only)
  const renaming = {
    label: t('rename.menu'),
    key: 'F2',
    reason: against === undefined ? undefined : t(against),
    run: () => void list.setRenaming(only),
  }
  // What removes stays the last.
  return items.toSpliced(-1, 0, renaming)
}

/** The selection, else everything that the filter lets through: never just what is in sight. */
export function exportItems(list: ContainerList): MenuItem[] {
  const columns = () => list.shown().map(({ label, text }) => ({ name: t(label), text }))
  const quietly = (run: () => Promise<void>) => () => void act('', run, true)
  return [
    { label: t('export.copy'), run: quietly(async () => copyText(toTabs(await list.chosenOrAll(), columns()))) },
    { label: 'CSV', run: quietly(async () => save('containers.csv', 'text/csv', toCsv(await list.chosenOrAll(), columns()))) },
    {
      label: 'JSON',
      run: quietly(async () => save('containers.json', 'application/json', JSON.stringify(await list.chosenOrAll(), null, 2))),
    },
  ]
}

export function groupItems({ query }: ContainerList): MenuItem[] {
  return [
    { label: t('grid.noGroup'), run: () => query.setGroup('') },
    ...groupings.map((one) => ({ label: t(`group.${one}`), run: () => query.setGroup(one) })),
  ]
}
