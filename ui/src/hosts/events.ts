import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { eventsEn } from '../i18n/events-en.ts'
import { eventsFr } from '../i18n/events-fr.ts'
import { createWords } from '../i18n/i18n.ts'
import { plain } from '../kit/plain.ts'

const say = createWords<keyof typeof eventsEn>(eventsEn, eventsFr)

/** What happened, in words; of what nobody here knows, the engine's own two words. */
export function eventWords({ type, action }: Pick<HostEvent, 'type' | 'action'>): string {
  const [, health] = /^health_status: (healthy|unhealthy)$/.exec(action) ?? []
  const key = `event.${type}.${health ?? action}`
  return Object.hasOwn(eventsEn, key) ? say(key as keyof typeof eventsEn) : plain(`${type} ${action}`)
}
