import * as z from 'zod/mini'
import { stream } from '../contract.ts'
import { json } from '../wire/json.ts'

/** How something is, in the words of the console. `stale` is never sent: the hub says it of an offline host's rows. */
export const State = z.enum(['ok', 'busy', 'warn', 'critical', 'off', 'unknown'])
export type State = z.infer<typeof State>

export const Kind = z.string().check(z.regex(/^[a-z][a-z-]{0,31}$/))
const Id = z.string().check(z.minLength(1), z.maxLength(256))

/** A way from this row to another: a container to its stack, image, network; later to its guest. */
export const Link = z.object({ rel: Kind, kind: Kind, id: Id })
export type Link = z.infer<typeof Link>

/** One thing on one host. The hub knows no kinds: it keeps, searches, sorts and sums rows. */
export const Row = z.object({
  id: Id,
  name: z.string().check(z.maxLength(256)),
  state: State,
  /** The source's own word for the state, shown and filtered: running, exited, paused. */
  status: z.string().check(z.maxLength(64)),
  /** More in the source's words: "Up (healthy)", "OOM killed (limit 512 MiB)". Nothing that grows old: `sinceMs` says since when. */
  detail: z._default(z.string().check(z.maxLength(512)), ''),
  tags: z._default(z.array(z.string().check(z.maxLength(128))).check(z.maxLength(64)), []),
  links: z._default(z.array(Link).check(z.maxLength(64)), []),
  /** What only this kind has, by name: image, ports, command. Searched as `name:value`. */
  facts: z._default(
    z.record(z.string().check(z.maxLength(64)), z.union([z.string().check(z.maxLength(1024)), z.number(), z.boolean()])),
    {},
  ),
  /** When it came to be, ms since the epoch; 0 unknown. */
  createdMs: z._default(z.number(), 0),
  /** When what `status` says began, ms since the epoch; 0 unknown. A paused container: when it was started. */
  sinceMs: z._default(z.number(), 0),
})
export type Row = z.infer<typeof Row>

/** A change to the rows of one kind on this host. A snapshot is a `reset` followed by as many changes as it takes, the last one `done`. */
export const InventoryChange = z.object({
  kind: Kind,
  /** Forget all rows of the kind that this snapshot does not name again by its `done`. */
  reset: z._default(z.boolean(), false),
  done: z._default(z.boolean(), false),
  set: z._default(z.array(Row).check(z.maxLength(1000)), []),
  unset: z._default(z.array(Id).check(z.maxLength(1000)), []),
})
export type InventoryChange = z.infer<typeof InventoryChange>

/** What an agent answers: all rows of all kinds, then changes for ever. Usage comes with the metrics, not here. */
export const inventory = {
  watch: stream(z.object({}), json(InventoryChange), { packs: true }),
}
