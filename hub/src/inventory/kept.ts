import type { FleetPage } from '@fairlead/protocol/features/fleet.ts'
import type { Query } from './inventory.ts'

/** Whose page it was: `sight` is the key of what they see. */
interface Reader {
  readonly organization: string
  readonly sight: string
}

/** Pages that readers were told lately, so that one whose connection broke is told what changed since, and no more. */
export interface Kept {
  keep(reader: Reader, query: Query, page: FleetPage): void
  find(reader: Reader, query: Query, cursor: string): FleetPage | undefined
  /** Whether there is any page of this cursor, whoever saw it. */
  holds(cursor: string): boolean
}

/** At 200 rows of 1 KiB, at most some 25 MiB in all, and far less while pages share rows. */
const mostPages = 128
const keepMs = 60_000

/** `now`: steady ms. */
export function createKept(now: () => number = () => performance.now()): Kept {
  // The oldest first.
  const pages = new Map<string, { readonly page: FleetPage; readonly untilMs: number }>()
  function prune(): void {
    for (const [key, { untilMs }] of pages) {
      if (pages.size <= mostPages && untilMs > now()) return
      pages.delete(key)
    }
  }
  return {
    keep(reader, query, page) {
      const key = keyOf(reader, query, page.cursor)
      pages.delete(key)
      pages.set(key, { page, untilMs: now() + keepMs })
      prune()
    },
    find(reader, query, cursor) {
      prune()
      return pages.get(keyOf(reader, query, cursor))?.page
    },
    holds(cursor) {
      prune()
      return [...pages.values()].some(({ page }) => page.cursor === cursor)
    },
  }
}

function keyOf({ organization, sight }: Reader, { kind, filter, sort, offset, limit, group }: Query, cursor: string): string {
  return JSON.stringify([organization, sight, cursor, kind, filter, sort, offset, limit, group])
}
