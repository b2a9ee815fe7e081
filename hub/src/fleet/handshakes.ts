/** At once, of all addresses together: a hub on two cores takes so many in well before their deadline. */
const mostHandshakes = 200
/** Whoever is honest has said who they are by then, however far away they are. */
const slowMs = 1500

/** Of one that is on its way in. */
export interface Place {
  /** It showed a key: the hub works for it now, and it stays. False: its place was given away meanwhile. */
  known(): boolean
  leave(): void
}

interface Waiting {
  readonly sinceMs: number
  readonly turnOut: () => void
}

/**
 * Who may be on their way in. An attacker who opens as many links as there are places and says nothing does not keep the others
 * out: when all are taken, the address that has the most of those who are still to show a key gives one up, the oldest, to an
 * address that has fewer; and whoever has been slow gives theirs up to anybody.
 */
export function createHandshakes(now: () => number = () => performance.now()) {
  const byAddress = new Map<string, Set<Waiting>>()
  let taken = 0

  function forget(ip: string, one: Waiting): boolean {
    const own = byAddress.get(ip)
    if (own?.delete(one) !== true) return false
    if (own.size === 0) byAddress.delete(ip)
    return true
  }

  /** Where there are many of one address, its oldest; else the oldest of all. */
  function turnOneOut(ip: string): boolean {
    let most: { readonly ip: string; readonly own: Set<Waiting> } | undefined
    let oldest: { readonly ip: string; readonly one: Waiting } | undefined
    for (const [address, own] of byAddress) {
      const [one] = own
      if (most === undefined || own.size > most.own.size) most = { ip: address, own }
      if (oldest === undefined || one!.sinceMs < oldest.one.sinceMs) oldest = { ip: address, one: one! }
    }
    if (most === undefined || oldest === undefined) return false
    const crowded = most.own.size > (byAddress.get(ip)?.size ?? 0) + 1
    if (!crowded && now() - oldest.one.sinceMs < slowMs) return false
    const [first] = most.own
    const out = crowded ? { ip: most.ip, one: first! } : oldest
    forget(out.ip, out.one)
    taken--
    out.one.turnOut()
    return true
  }

  return {
    /** A place, or undefined when there is none for this address. `turnOut`: it has to leave, and its place is given away. */
    enter(ip: string, turnOut: () => void): Place | undefined {
      if (taken >= mostHandshakes && !turnOneOut(ip)) return undefined
      taken++
      const one: Waiting = { sinceMs: now(), turnOut }
      const own = byAddress.get(ip) ?? new Set()
      byAddress.set(ip, own.add(one))
      let held: 'waiting' | 'known' | 'left' = 'waiting'
      return {
        known() {
          if (held === 'waiting' && forget(ip, one)) held = 'known'
          return held === 'known'
        },
        leave() {
          // Its place may be somebody else's already.
          if (held === 'known' || (held === 'waiting' && forget(ip, one))) taken--
          held = 'left'
        },
      }
    },
  }
}
