import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

export const DemoState = z.object({
  /** This hub was started in a way that can make hosts up: `npm start`, `pnpm dev`. */
  available: z.boolean(),
  /** Made-up hosts that are enrolled now. */
  hosts: z.int(),
  /** Asked for, and none of them is here yet. */
  starting: z._default(z.boolean(), false),
})
export type DemoState = z.infer<typeof DemoState>

/** A fleet of made-up hosts, to see Fairlead on a machine without an engine. Their agents are real ones over made-up engines. */
const demo = {
  state: call(z.object({}), DemoState),
  start: call(z.object({ hosts: z._default(z.int().check(z.gte(1), z.lte(500)), 6) }), DemoState, { mutates: true }),
  /** Ends the made-up hosts and forgets them. */
  stop: call(z.object({}), DemoState, { mutates: true }),
}

export const demoApi = {
  state: api(demo.state, { http: 'GET /demo', needs: 'hosts:enrol', on: 'organization' }),
  start: api(demo.start, { http: 'POST /demo', needs: 'hosts:enrol', on: 'organization', audit: 'demo.start' }),
  stop: api(demo.stop, { http: 'DELETE /demo', needs: 'hosts:enrol', on: 'organization', audit: 'demo.stop' }),
}
