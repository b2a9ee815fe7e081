import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { t } from '../i18n/i18n.ts'
import { act, plain } from '../kit/kit.tsx'
import { labelOf, run, type Verb } from './actions.ts'

/** What takes a verb back. Removing and restarting cannot be taken back. */
const undoes: Partial<Record<Verb, Verb>> = { start: 'stop', stop: 'start', pause: 'unpause', unpause: 'pause' }

/** One and reversible: at once, with a way back. */
export function doIt(verb: Verb, row: Pick<FleetRow, 'host' | 'id' | 'name'>): void {
  const label = (one: Verb) => `${t(labelOf(one))} ${plain(row.name)}`
  const back = undoes[verb]
  const undo = back === undefined ? undefined : () => void act(label(back), () => run(back, row))
  void act(label(verb), () => run(verb, row), false, undo)
}
