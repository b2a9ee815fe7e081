import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { en, type Key } from '../i18n/en.ts'
import { t } from '../i18n/i18n.ts'
import { plain } from '../kit/plain.ts'

/** What happened, in words; of what nobody here knows, the engine's own two words. */
export function eventWords({ type, action }: Pick<HostEvent, 'type' | 'action'>): string {
  const [, health] = /^health_status: (healthy|unhealthy)$/.exec(action) ?? []
  const key = `event.${type}.${health ?? action}`
  return Object.hasOwn(en, key) ? t(key as Key) : plain(`${type} ${action}`)
}
