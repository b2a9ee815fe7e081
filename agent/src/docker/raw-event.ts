import type { HostEvent } from '@fairlead/protocol/features/events.ts'

/** As the engine writes it. */
export interface RawEvent {
  readonly Type?: string
  readonly Action?: string
  readonly time?: number
  readonly timeNano?: number
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> }
}

const kept = ['exitCode', 'image', 'signal', 'execID', 'container', 'com.docker.compose.project', 'com.docker.compose.service']

export const timeOf = ({ time = 0, timeNano }: RawEvent) => (timeNano === undefined ? time * 1000 : timeNano / 1e6)

/** undefined: nobody wants to keep it. */
export function readEvent(raw: RawEvent): HostEvent | undefined {
  const { Type = 'container', Action = '', Actor = {} } = raw
  // Every exec and every probe of a health check is an event too: thousands an hour that tell nobody anything.
  if (Action === '' || Action.startsWith('exec_')) return undefined
  const attributes = Actor.Attributes ?? {}
  const facts: Record<string, string> = {}
  for (const name of kept) {
    const value = attributes[name]
    if (value !== undefined) facts[name] = value.slice(0, 256)
  }
  return {
    timeMs: timeOf(raw),
    type: Type.slice(0, 32),
    action: Action.slice(0, 64),
    id: (Actor.ID ?? '').slice(0, 256),
    name: (attributes['name'] ?? '').slice(0, 256),
    facts,
  }
}
