import * as z from 'zod/mini'
import { Epoch } from './epoch.ts'
import { ToldKeys } from './hub-keys.ts'
import { originFault } from './origin.ts'

export const protocolVersion = 1

const short = z.string().check(z.maxLength(128))
/** Which handshake it came from, and 16 random bytes. */
export const Generation = z.string().check(z.regex(/^[1-9]\d{0,14}\.[0-9a-f]{32}$/))

/** Addresses that a host keeps beside the one it was enrolled with. */
export const mostStandby = 8
/** An origin, as in a join string. */
export const StandbyAddress = z.string().check(
  z.maxLength(300),
  z.refine((text) => originFault(text) === undefined && new URL(text).origin === text),
)

/** What the agent says in the handshake's last message, sealed. Under 4 KiB with all else there. */
export const Hello = z.object({
  /** Lowest and highest protocol version spoken. */
  v: z.tuple([z.int(), z.int()]),
  agent: short,
  hostname: short,
  /** New with each start of the agent's process: two at once are a copied key. */
  bootId: short,
  os: short,
  arch: short,
  /** Features served. */
  features: z.array(short).check(z.maxLength(64)),
  clockMs: z.number(),
  /** What a welcome handed out and this host has on its disk, '' for nothing yet; absent from an agent that keeps none. */
  generation: z.optional(z.union([z.literal(''), Generation])),
  /** Which hub of this key it goes on with: what a welcome said and this host keeps; absent for none. */
  epoch: z.optional(Epoch),
  /** The number of the hub's key that it pinned, 0 for none yet; absent from an agent that follows no other key. */
  hubKey: z.optional(z.int().check(z.gte(0))),
  /** Present when it enrols: what the join string said, and which host it is until then; absent for none. */
  join: z.optional(z.object({ tokenId: short, secret: short, host: z.optional(short) })),
})
export type Hello = z.infer<typeof Hello>

/** The hub's first sealed message: come in, or why not. */
export const Welcome = z.object({
  v: z.int(),
  /** The host's id on this hub. */
  host: short,
  organization: short,
  heartbeatMs: z.int(),
  resumeForMs: z.int(),
  smearMs: z.int(),
  nowMs: z.number(),
  /** To be kept, and shown at the next handshake; confirmed by `link.kept`. */
  generation: z.optional(Generation),
  /** Of a hub that was confirmed after a restore: a host keeps it, and follows no earlier one any more. */
  epoch: z.optional(Epoch),
  /** The number of the key that the hub proved, and what a host pins beside it. */
  keys: z.optional(ToldKeys),
  /** Where else this hub may be found: tried in this order when it does not answer where the host was enrolled. */
  standby: z.optional(z.array(StandbyAddress).check(z.maxLength(mostStandby))),
})
export type Welcome = z.infer<typeof Welcome>

/** What the agent says by `link.kept` once the generation is on its disk. */
export const Kept = z.object({ generation: Generation })

/** Close codes before and after the welcome, with what an agent makes of each. */
export const closeCodes = { notWelcome: 4401, revoked: 4403, version: 4406, copied: 4409, superseded: 4410, rate: 4429 } as const

/** The highest version both speak, or undefined. The hub speaks the last two before its own, too. */
export function chooseVersion([low, high]: readonly [number, number], own: number = protocolVersion): number | undefined {
  const lowest = Math.max(1, own - 2)
  const best = Math.min(high, own)
  return best >= Math.max(low, lowest) ? best : undefined
}
