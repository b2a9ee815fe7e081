/** Tries at the address of the enrolment before another one gets its turn. */
const patience = 3

/** At which of its addresses a host looks for its hub. */
export interface Addresses {
  readonly next: string
  /** There is nowhere else to look. */
  readonly only: boolean
  /** It is the one that the host was enrolled with. */
  readonly first: boolean
  failed(): void
  linked(): void
  /** A link ended: the first address gets one try, then the rest in their order. */
  lost(): void
  /** The first one answers again. */
  home(): void
}

/** `list`: the one of the enrolment, then those that the hub said. The first is tried several times in a row, until all were tried. */
export function createAddresses(list: () => readonly string[]): Addresses {
  let at = 0
  let failures = 0
  const here = () => (at < list().length ? at : 0)
  return {
    get next() {
      return list()[here()]!
    },
    get only() {
      return list().length === 1
    },
    get first() {
      return here() === 0
    },
    failed() {
      failures++
      if (here() === 0 && failures < patience) return
      at = (here() + 1) % list().length
      // Whoever was all around needs no patience any more.
      failures = patience - 1
    },
    linked() {
      failures = 0
    },
    lost() {
      if (here() === 0) return
      at = 0
      failures = patience - 1
    },
    home() {
      at = 0
      failures = 0
    },
  }
}
