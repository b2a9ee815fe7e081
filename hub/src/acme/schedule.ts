import { createHash, X509Certificate } from 'node:crypto'
import type { AcmeReason } from '@fairlead/protocol/features/settings.ts'
import type { AcmeMemory } from './files.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Between two orders that went well: an authority that gives an hour is not asked all the time. */
export const calmMs = hourMs

/**
 * How long to wait after so many failures in a row. Public authorities bear five failed looks at a name an hour, and five certificates of
 * the same names a week: the first doubles from a quarter of an hour to half a day, the second (`certificate`: one was made, and is of no
 * use) waits two days.
 */
export function waitMs(reason: AcmeReason, failures: number, retryMs: number, chance: number): number {
  const least: Partial<Record<AcmeReason, number>> = {
    rate_limited: 3 * hourMs,
    certificate: 2 * dayMs,
    terms: 6 * hourMs,
    account: 3 * hourMs,
    rejected: 6 * hourMs,
    caa: 3 * hourMs,
  }
  const doubled = Math.min(15 * minuteMs * 2 ** Math.min(failures - 1, 10), 12 * hourMs)
  // Only ever longer: what the authority said, and what it bears, stays the least.
  return Math.max(doubled, least[reason] ?? 0, retryMs) * (1 + chance / 4)
}

/** What is there now; undefined: nothing, or nothing that can be shown. */
export interface Kept {
  readonly cert: string
  readonly from: string
}

/** When there is to be another certificate than this one. */
export function dueMs(
  kept: Kept | undefined,
  settings: { readonly domains: readonly string[]; readonly directory: string },
  window?: AcmeMemory['window'],
): number {
  if (kept === undefined || kept.from !== settings.directory) return 0
  const found = new X509Certificate(kept.cert)
  if (!settings.domains.every((domain) => isFor(found, domain))) return 0
  const [from, to] = [Date.parse(found.validFrom), Date.parse(found.validTo)]
  // Its own part of a thirtieth of its life: not all hubs of an authority come at once, and each at the same time after a restart.
  const part = createHash('sha256').update(found.raw).digest().readUInt32BE() / 2 ** 32
  const usual = from + (to - from) * (2 / 3 + part / 30)
  if (window?.of !== idOf(found) || window.endMs < window.startMs) return usual
  // Sooner as the authority says (it may be about to revoke it), later by little: a wrong word must not leave the hub without one.
  return Math.min(window.startMs + (window.endMs - window.startMs) * part, from + (to - from) * 0.85)
}

export function isFor(found: X509Certificate, domain: string): boolean {
  return found.checkHost(domain, { subject: 'never' }) !== undefined
}

export function idOf(found: X509Certificate): string {
  return found.fingerprint256.replaceAll(':', '').toLowerCase()
}
