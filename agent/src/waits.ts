import { FairleadError } from '@fairlead/protocol/errors.ts'
import { closeCodes } from '@fairlead/protocol/hello.ts'
import type { SessionEnd } from '@fairlead/protocol/wire/session.ts'

const hourMs = 3_600_000
const healthyMs = 60_000
/** Doubling ends at three smears: a fleet never knocks more often than at its first return, and no host of a small one waits for a minute. */
const longestOf = (smearMs: number) => Math.min(Math.max(smearMs * 3, 15_000), 60_000)

/** How long to wait before the next attempt; see SPEC-handshake. Exported for its test. */
export function createWaits(random: () => number) {
  let smearMs = 5000
  let failures = 0
  return {
    /**
     * The hub was there a moment ago, which takes half of the doublings back. With all of them kept, a host whose hub is killed again
     * and again was away for two minutes and more; with none kept it knocked as often as at the first failure.
     */
    connected(smear: number): void {
      smearMs = Math.min(Math.max(smear, 100), 600_000)
      failures = Math.floor(failures / 2)
    },
    /** A working link ended: as the hub said, or somewhere in the smear, so that a fleet does not return at once. */
    afterLoss({ code, reconnectInMs }: Pick<SessionEnd, 'code' | 'reconnectInMs'>, livedMs: number): number {
      if (livedMs > healthyMs) failures = 0
      if (code === closeCodes.revoked || code === closeCodes.version) return hourMs
      if (reconnectInMs !== undefined) return reconnectInMs
      return random() * smearMs
    },
    /** The path to the hub was gone and is there again. */
    afterHealing: () => random() * smearMs,
    /**
     * An attempt failed: full jitter, doubling to a minute at most, for ever. It begins with a fifth of the smear: whoever of a large fleet
     * knocked while the hub was away must not be at the door with all the others the moment it is back.
     */
    afterFailure(error: unknown): number {
      const details = error instanceof FairleadError ? error.details : undefined
      const closeCode = Number(details?.['closeCode'] ?? 0)
      if (closeCode === closeCodes.revoked || closeCode === closeCodes.version) return hourMs
      failures = Math.min(failures + 1, 7)
      // Retry-After may also be a date, which is no number: a wait that is none would be no wait at all.
      const retryAfterMs = Math.min(Number(details?.['retryAfterMs'] ?? 0) || 0, hourMs)
      return Math.max(retryAfterMs, random() * Math.min(longestOf(smearMs), Math.max(1000, smearMs / 5) * 2 ** (failures - 1)))
    },
  }
}
