import * as z from 'zod/mini'
import { api } from '../api.ts'
import { stream } from '../contract.ts'
import { json } from '../wire/json.ts'

/** Numbers rise by one; of another chain they begin anew. */
const EventPlace = z.object({ chain: z.string().check(z.regex(/^[0-9a-f]{32}$/)), number: z.int().check(z.gte(1)) })
export type EventPlace = z.infer<typeof EventPlace>

/** Something that happened on a host: on its engine, or to the agent itself. */
export const HostEvent = z.object({
  timeMs: z.number(),
  /** container, image, volume, network, engine, agent. */
  type: z.string().check(z.maxLength(32)),
  /** start, die, oom, health_status, up, down. */
  action: z.string().check(z.maxLength(64)),
  id: z.string().check(z.maxLength(256)),
  name: z.string().check(z.maxLength(256)),
  /** exitCode, image, signal: short facts. */
  /** Where it is among those that its host keeps; absent from an agent that keeps none. */
  at: z.optional(EventPlace),
  facts: z._default(z.record(z.string().check(z.maxLength(64)), z.string().check(z.maxLength(256))), {}),
})
export type HostEvent = z.infer<typeof HostEvent>

export const events = {
  /**
   * The last 500, or all that is kept after a place, then new ones for ever. What is no longer kept in between is said by an event of type
   * `agent`, action `gap`, whose facts say how many it were, and from when to when.
   */
  watch: stream(z.object({ sinceMs: z._default(z.number(), 0), after: z.optional(EventPlace) }), json(HostEvent)),
}

export const eventsApi = {
  watch: api(events.watch, { http: 'GET /hosts/:host/events', needs: 'events:read', on: 'host' }),
}
