import { stream } from '@fairlead/protocol/contract.ts'
import { containers } from '@fairlead/protocol/features/containers.ts'
import { terminals } from '@fairlead/protocol/features/terminals.ts'
import { bytes } from '@fairlead/protocol/wire/json.ts'

const bulk = { priority: 3, resumeForMs: 60_000 } as const

/** The file of a container that is read. */
export const bigFile = '/tmp/big'

/** What the benchmark's agent answers beside the real features: bulk as a feature of files would send it. */
export const linkBench = {
  /** The engine's own tar of the big file of a container. */
  archive: stream(containers.get.input, bytes, bulk),
  /** Bytes without end out of memory: where the engine would be slower than the link. */
  flood: stream(terminals.list.input, bytes, bulk),
}

export const linkFeatures = { linkBench }
