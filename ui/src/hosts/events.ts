import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { wordsOf } from '../i18n/i18n.ts'
import { plain } from '../kit/plain.ts'

/** What happened, in words; of what nobody here knows, the engine's own two words. */
export function eventWords({ type, action }: Pick<HostEvent, 'type' | 'action'>): string {
  const [, health] = /^health_status: (healthy|unhealthy)$/.exec(action) ?? []
  return wordsOf(`event.${type}.${health ?? action}`) ?? plain(`${type} ${action}`)
}
