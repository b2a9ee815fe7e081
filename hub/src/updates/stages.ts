/** Below it, one failure in a stage is too many; from it on, this part of them. */
const smallStage = 20
const mostFailed = 0.02
const parts = [0.05, 0.25, 1]

/** How many hosts have the release once each stage is over: one, 5 %, 25 %, all; a stage that would add nobody is left out. */
export function stagesOf(hosts: number): number[] {
  const ends = [Math.min(1, hosts), ...parts.map((part) => Math.ceil(hosts * part))]
  return ends.filter((end, at) => end > (ends[at - 1] ?? 0))
}

/** In which stage the host at a place is. */
export function stageAt(place: number, ends: readonly number[]): number {
  return ends.findIndex((end) => place < end)
}

/** Whether so many failures in a stage of so many hosts end the wave. */
export function isTooMany(failed: number, hosts: number): boolean {
  return failed > 0 && (hosts < smallStage || failed >= hosts * mostFailed)
}

interface Candidate {
  readonly id: string
  readonly name: string
  readonly online: boolean
  /** Hosts that are alike fail alike: system, processor, engine. '': not known, and so perhaps not alike. */
  readonly kind: string
}

/**
 * The order in which hosts come. Of each kind one, then of each a second one: what fails on a few machines of their own is met by the
 * smallest stages and not by the last. Those that are there come first, for a stage of hosts that are offline proves nothing; of them
 * those of a known kind, for what goes well on who knows what proves little of the others.
 */
export function inTurn<C extends Candidate>(hosts: readonly C[]): C[] {
  const kinds = new Map<string, C[]>()
  for (const host of hosts.toSorted((a, b) => Number(b.online) - Number(a.online) || (a.name < b.name ? -1 : 1)))
    kinds.set(host.kind, [...(kinds.get(host.kind) ?? []), host])
  const largest = [...kinds.values()].sort((a, b) => b.length - a.length)
  const rounds = Math.max(0, ...largest.map(({ length }) => length))
  const order = Array.from({ length: rounds }, (_, round) => largest.flatMap((kind) => kind[round] ?? [])).flat()
  const rank = ({ online, kind }: C) => (online ? 0 : 2) + (kind === '' ? 1 : 0)
  return order.toSorted((a, b) => rank(a) - rank(b))
}
