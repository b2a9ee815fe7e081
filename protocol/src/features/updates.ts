import * as z from 'zod/mini'
import { call, duplex, stream } from '../contract.ts'
import { bytes, json } from '../wire/json.ts'

const text = (most: number) => z.string().check(z.maxLength(most))
const Sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const Base64 = (most: number) => z.string().check(z.regex(/^[A-Za-z0-9+/]*={0,2}$/), z.maxLength(most))
const Time = z.number().check(z.gte(0), z.lte(8.64e15))
export const Version = z.string().check(z.regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}(-[a-z0-9.]{1,32})?$/))

/** Files of a release by their names, one for each kind of host. */
export const targets = ['fairlead-agent-linux-x64', 'fairlead-agent-linux-arm64', 'agent.cjs'] as const
export type Target = (typeof targets)[number]
const Target = z.enum(targets)

/** Bytes of a block: what did not change between two releases does not travel. The last block of a file is shorter. */
export const blockBytes = 65_536
/** Of the SHA-256 of a block; chance cannot harm, for the whole file is held against the release's own hash. */
export const blockHashBytes = 8
export const mostBlocks = 4096
/** Blocks that are packed as one: what is changed lies together, and packs a twentieth better so. */
export const mostTogether = 6

/** What a release says of itself: the text of `manifest.json`, which the offline key signs as it stands. */
export const Manifest = z.object({
  product: z.literal('fairlead-agent'),
  version: Version,
  /** Rises with each release; a host takes none below the highest that it saw. */
  counter: z.int().check(z.gte(1), z.lte(Number.MAX_SAFE_INTEGER)),
  issuedMs: Time,
  /** Nobody takes it after this, by their own clock. */
  expiresMs: Time,
  /** Of the Node in the programs: while it is the same, an update is a few blocks. */
  node: text(32),
  /** By their names; those of a kind of host that came later are there too. */
  files: z.record(text(64), z.object({ bytes: z.int().check(z.gte(1), z.lte(mostBlocks * blockBytes)), sha256: Sha256 })),
})
export type Manifest = z.infer<typeof Manifest>

/** What runs on a host and what is beside it, in the host's own words. */
export const UpdateState = z.object({
  version: Version,
  /** `program`, or the bundle on a Node of the host's or of the hub's. `image` and `source` are updated by whoever made them. */
  kind: z.enum(['program', 'own-node', 'hub-node', 'image', 'source']),
  /** Which file of a release it takes; null: none, `problem` says why and what to do instead. */
  target: z.nullable(Target),
  /** Of the file that runs; '' until it was read. */
  sha256: z.union([z.literal(''), Sha256]),
  /** The highest of a release that was taken here. */
  counter: z.int().check(z.gte(0)),
  /**
   * `idle`; `fetching` until all blocks are there; `ready`: whole, true and able to start here; `trying`: it runs, and has not yet
   * logged in; `kept`: it logged in; `returned`: the one before is back, `problem` says why.
   */
  phase: z.enum(['idle', 'fetching', 'ready', 'trying', 'kept', 'returned']),
  /** The release that `phase` is about. */
  next: z.nullable(z.object({ version: Version, counter: z.int(), sha256: Sha256, bytes: z.int(), haveBytes: z.int() })),
  /** What `revert` goes back to. */
  before: z.nullable(z.object({ version: Version, sha256: Sha256 })),
  problem: z._default(text(1024), ''),
})
export type UpdateState = z.infer<typeof UpdateState>

/** `manifest` is the signed text itself, `signature` a file of minisign over it; `blocks`: the hash of each block of the host's file. */
const Offer = z.object({
  manifest: text(8192),
  signature: text(2048),
  blocks: Base64(Math.ceil((mostBlocks * blockHashBytes) / 3) * 4),
})

/** `wanted`: a bit for each block, the lowest of a byte first, base64. What is on the host's disk already is not wanted again. */
const Wanted = z.object({
  sha256: Sha256,
  wanted: Base64(1024),
  blocks: z.int(),
  /** So many blocks that follow one another may come packed as one; absent: 1. */
  together: z.optional(z.int().check(z.gte(1), z.lte(mostBlocks))),
})

/** What an agent answers. */
export const updates = {
  /** Now, and whenever it is otherwise. */
  watch: stream(z.object({}), json(UpdateState)),
  /** Judges a release and says what of it is wanted. Asked again after a break, it says what is still missing. */
  offer: call(Offer, Wanted, { mutates: true, deadlineMs: 60_000 }),
  /** The wanted blocks, each as `packBlock` in `update-blocks.ts` writes it, in any order; the state after the last one was judged comes back. */
  fill: duplex(z.object({ sha256: Sha256 }), { down: json(UpdateState), up: bytes }, { priority: 3, mutates: true }),
  /** Starts what is `ready`; the link ends. `notAfterMs`: nothing begins after it, by the host's clock. */
  start: call(z.object({ sha256: Sha256, notAfterMs: Time }), UpdateState, { mutates: true, deadlineMs: 60_000 }),
  /** The one before runs again; the link ends. */
  revert: call(z.object({ notAfterMs: Time }), UpdateState, { mutates: true, deadlineMs: 60_000 }),
}
