// Compiled, never run: each line under an expectation must NOT compile. `npm run check` fails when one does.
import * as z from 'zod/mini'
import { api } from './api.ts'
import { call, duplex, stream, type Client, type Handlers } from './contract.ts'
import { bytes, json } from './wire/json.ts'

const Thing = z.object({ id: z.string(), state: z.literal(['running', 'exited']) })

const things = {
  list: call(z.object({ all: z._default(z.boolean(), true) }), z.array(Thing)),
  watch: stream(z.object({ id: z.string() }), json(Thing)),
  talk: duplex(z.object({}), { down: bytes, up: bytes }),
  stop: call(z.object({ id: z.string() }), Thing, { mutates: true }),
}

// ---- the door: who may, judged against what, and written down where ------------------------------------------------

api(things.list, { http: 'GET /things', needs: 'things:read', on: 'host' })
api(things.stop, { http: 'POST /things/:id/stop', needs: 'things:operate', on: 'host', audit: 'thing.stop' })

// @ts-expect-error -- `needs` is missing
api(things.list, { http: 'GET /things', on: 'host' })
// @ts-expect-error -- `on` is missing
api(things.list, { http: 'GET /things', needs: 'things:read' })
// @ts-expect-error -- a change without its audit row
api(things.stop, { http: 'POST /things/:id/stop', needs: 'things:operate', on: 'host' })
// @ts-expect-error -- so is DELETE
api(things.stop, { http: 'DELETE /things/:id', needs: 'things:operate', on: 'host' })
// @ts-expect-error -- a permission is `feature:right`
api(things.list, { http: 'GET /things', needs: 'read', on: 'host' })
// @ts-expect-error -- an audit name is `noun.verb`
api(things.stop, { http: 'POST /things/:id/stop', needs: 'things:operate', on: 'host', audit: 'stopped' })
// @ts-expect-error -- there is no such scope
api(things.list, { http: 'GET /things', needs: 'things:read', on: 'everything' })
// @ts-expect-error -- there is no such verb of HTTP here
api(things.list, { http: 'HEAD /things', needs: 'things:read', on: 'host' })

// ---- what answers: one record, every method, every literal, every field --------------------------------------------

const thing = { id: 'a', state: 'running' as const }

export const whole: Handlers<typeof things> = {
  list: async ({ all }) => (all ? [thing] : []),
  async *watch({ id }) {
    yield { id, state: 'exited' as const }
  },
  async *talk(_input, { up }) {
    yield* up
  },
  stop: async ({ id }) => ({ ...thing, id }),
}

// @ts-expect-error -- `stop` is missing
export const missing: Handlers<typeof things> = { list: whole.list, watch: whole.watch, talk: whole.talk }

// @ts-expect-error -- `paused` is no state of a thing
export const wrongLiteral: Handlers<typeof things> = { ...whole, stop: async ({ id }) => ({ id, state: 'paused' as const }) }

// @ts-expect-error -- `state` is missing
export const missingField: Handlers<typeof things> = { ...whole, list: async () => [{ id: 'a' }] }

// @ts-expect-error -- `name` is not asked for
export const wrongInput: Handlers<typeof things> = { ...whole, stop: async ({ name }) => ({ ...thing, id: name }) }

// @ts-expect-error -- a stream answers with items, not with a value
export const noStream: Handlers<typeof things> = { ...whole, watch: async () => thing }

// @ts-expect-error -- items are things, not text
export const wrongItem: Handlers<typeof things> = { ...whole, watch: () => items('text') }

interface Caller {
  readonly caller: string
}
export const withContext: Handlers<typeof things, Caller> = { ...whole, stop: async (_input, { caller }) => ({ ...thing, id: caller }) }

// ---- what asks --------------------------------------------------------------------------------------------------------

export async function ask(client: Client<typeof things>): Promise<string> {
  await client.list({})
  // @ts-expect-error -- `id` is missing
  await client.stop({})
  // @ts-expect-error -- there is no such method
  await client.remove({ id: 'a' })
  // @ts-expect-error -- `state` is a literal, not a number
  const state: number = (await client.stop({ id: 'a' })).state
  // @ts-expect-error -- a call is awaited, not walked
  for await (const item of client.list({})) return String(item)
  return String(state)
}

async function* items<T>(item: T): AsyncGenerator<T> {
  yield item
}
