import { useSearchParams } from '@solidjs/router'
import { createEffect, createMemo, createSignal, onCleanup, untrack } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ask, follow } from '../api/api.ts'
import { createStream } from '../kit/live.ts'
import { one } from './address.ts'
import { keyOf, parseSources, type SourceRef } from './sources.ts'
import { mostSources } from './store.ts'

/** Words that the hub takes in one filter. */
const perQuestion = 30
const lookAgainMs = 5000

type Wanted = ReturnType<typeof parseSources>[number]

export function refOf(row: Pick<FleetRow, 'host' | 'hostName' | 'id' | 'name'>): SourceRef {
  return { host: row.host, id: row.id.slice(0, 12), name: row.name, hostName: row.hostName }
}

/** Which containers a page is about, all of it in the address: `?on=host/id,host/id` and `?of=<filter of the fleet>`. */
export function createWorkspace() {
  const [search, setSearch] = useSearchParams<{ on: string; of: string }>()
  const wanted = createMemo(() => parseSources(one(search.on), mostSources))
  const of = () => one(search.of)
  const { named, absent, error, look, missing } = createNames(wanted)
  const followed = createFollowed(of)
  const { met, matching, ready } = followed

  const sources = createMemo<readonly SourceRef[]>(
    () => {
      const all = new Map<string, SourceRef>()
      for (const ref of wanted().map((one) => named().get(keyOf(one)))) if (ref !== undefined) all.set(keyOf(ref), ref)
      for (const [key, ref] of met()) if (!all.has(key) && all.size < mostSources) all.set(key, ref)
      return [...all.values()]
    },
    [],
    { equals: (a, b) => a.length === b.length && a.every((ref, i) => keyOf(ref) === keyOf(b[i]!)) },
  )
  const setOn = (keys: readonly string[]) => setSearch({ on: keys.length === 0 ? undefined : keys.join(',') })
  const anyError = () => error() ?? followed.error()
  return {
    sources,
    of,
    /** Named by the address, but not found: nothing of that name, or its host was never heard since. */
    absent: createMemo(() => missing().filter((one) => absent().has(keyOf(one)))),
    /** How many the filter finds, when they are more than are read. */
    tooMany: () => (matching() > mostSources ? matching() : 0),
    empty: () => wanted().length === 0 && of() === '',
    looking: () => anyError() === undefined && (missing().some((one) => !absent().has(keyOf(one))) || !ready()),
    error: anyError,
    retry() {
      followed.retry()
      void look()
    },
    add: (refs: readonly SourceRef[]) => setOn([...new Set([...wanted(), ...refs].map(keyOf))]),
    remove: (key: string) =>
      setOn(
        wanted()
          .filter((one) => keyOf(one) !== key && keyOf(named().get(keyOf(one)) ?? one) !== key)
          .map(keyOf),
      ),
    follow: (filter: string) => setSearch({ of: filter === '' ? undefined : filter }),
    /** Whether it can be taken out alone, or comes by the filter. */
    chosen: (key: string) => wanted().some((one) => keyOf(named().get(keyOf(one)) ?? one) === key),
  }
}

/** What the fleet knows of the containers that are named one by one. */
function createNames(wanted: () => readonly Wanted[]) {
  const [named, setNamed] = createSignal<ReadonlyMap<string, SourceRef>>(new Map())
  const [absent, setAbsent] = createSignal<ReadonlySet<string>>(new Set())
  const [error, setError] = createSignal<unknown>()
  const missing = () => wanted().filter((one) => !named().has(keyOf(one)))

  async function look(): Promise<void> {
    setError(undefined)
    for (const some of questions(missing()))
      try {
        const { rows } = await ask('fleet.rows', { kind: 'container', filter: some.map(wordFor).join(' '), limit: 500 })
        const found = some.map((one) => [keyOf(one), rows.find((row) => isRow(row, one))] as const)
        setNamed((old) => new Map([...old, ...found.flatMap(([key, row]) => (row === undefined ? [] : [[key, refOf(row)] as const]))]))
        setAbsent((old) => new Set([...old, ...found.flatMap(([key, row]) => (row === undefined ? [key] : []))]))
      } catch (reason) {
        return void setError(reason)
      }
  }
  createEffect(() => {
    wanted()
    void untrack(look)
  })
  // A host that just came back brings what was not known before.
  const looking = setInterval(() => missing().length > 0 && !document.hidden && void look(), lookAgainMs)
  onCleanup(() => clearInterval(looking))
  return { named, absent, error, look, missing }
}

/** What a filter of the fleet finds now, and found since: a container that was removed still has its lines. */
function createFollowed(of: () => string) {
  const [met, setMet] = createSignal<ReadonlyMap<string, SourceRef>>(new Map())
  const [matching, setMatching] = createSignal(0)
  const [answered, setAnswered] = createSignal('')
  const stream = createStream(of, async (filter, signal) => {
    setMet(new Map())
    setMatching(0)
    setAnswered('')
    if (filter === '') return
    const page = { kind: 'container', filter, sort: ['name'], offset: 0, limit: mostSources }
    for await (const patch of follow('fleet.watch', page, signal)) {
      const fresh = [...(patch.page?.rows ?? []), ...patch.set].map(refOf).filter((ref) => !met().has(keyOf(ref)))
      if (fresh.length > 0) setMet((old) => new Map([...old, ...fresh.map((ref) => [keyOf(ref), ref] as const)]))
      if (patch.totals !== undefined) setMatching(patch.totals.matching)
      if (patch.page?.done ?? true) setAnswered(filter)
    }
  })
  return { met, matching, ready: () => of() === answered(), ...stream }
}

export type Workspace = ReturnType<typeof createWorkspace>

/** Words of one name are alternatives, words of two names are not: ids and names are asked for apart. */
function questions(missing: readonly Wanted[]): Wanted[][] {
  const parts: Wanted[][] = []
  for (const some of [missing.filter(({ id }) => isId(id)), missing.filter(({ id }) => !isId(id))])
    for (let from = 0; from < some.length; from += perQuestion) parts.push(some.slice(from, from + perQuestion))
  return parts
}

function wordFor({ id }: Wanted): string {
  return isId(id) ? `id:${id}` : `name:"${id}"`
}

function isId(id: string): boolean {
  return /^[a-f0-9]{12,64}$/.test(id)
}

function isRow(row: FleetRow, { host, id }: Wanted): boolean {
  return (row.host === host || row.hostName === host) && (isId(id) ? row.id.startsWith(id) : row.name === id)
}
