import * as z from 'zod/mini'
import { api } from '../api.ts'
import { stream } from '../contract.ts'
import { json } from '../wire/json.ts'

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
  facts: z._default(z.record(z.string().check(z.maxLength(64)), z.string().check(z.maxLength(256))), {}),
})
export type HostEvent = z.infer<typeof HostEvent>

export const events = {
  /** Recent ones (at most 500 kept), then new ones for ever. */
  watch: stream(z.object({ sinceMs: z._default(z.number(), 0) }), json(HostEvent)),
}

export const eventsApi = {
  watch: api(events.watch, { http: 'GET /hosts/:host/events', needs: 'events:read', on: 'host' }),
}
