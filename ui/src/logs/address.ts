import { useSearchParams } from '@solidjs/router'
import { createMemo, type Accessor } from 'solid-js'
import { parseColumns } from './fields.ts'
import { parseFilter, type FilterError } from './filter.ts'
import type { Clock } from './stamp.ts'

/** The last moment that a Date can hold. */
const latestMs = 8.64e15

type Name = 'q' | 'mode' | 'around' | 'wrap' | 'clock' | 'off' | 'at' | 'in' | 'raw' | 'cols'

export function one(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** What the address holds of a log view: filter, how it is shown, what is switched off, the picked line. */
export function createAddress() {
  const [search, setSearch] = useSearchParams<Record<Name, string>>()
  const query = () => one(search.q)
  const parsed = createMemo(() => parseFilter(query()))
  const off: Accessor<ReadonlySet<string>> = createMemo(() => new Set(one(search.off).split(',').filter(Boolean)))
  const columns = createMemo(() => parseColumns(one(search.cols)))
  // Asked for by every row of every frame: worked out once. The width of the window is asked once as well, as it costs a layout.
  const slim = matchMedia('(max-width: 640px)').matches
  const raw = createMemo(() => one(search.raw) === '1')
  const highlight = createMemo(() => search.mode === 'highlight')
  const clock = createMemo((): Clock => (['utc', 'relative'].includes(one(search.clock)) ? (one(search.clock) as Clock) : 'local'))
  const wrap = createMemo(() => (search.wrap === undefined ? slim : one(search.wrap) === '1'))
  const filtering = createMemo(() => {
    const now = parsed()
    return 'why' in now || now.empty ? '' : query()
  })
  const put = (change: Partial<Record<Name, string | undefined>>) => setSearch(change, { replace: true })
  return {
    query,
    off,
    put,
    /** Fields shown as columns. */
    columns,
    turnColumn(name: string) {
      const next = columns().includes(name) ? columns().filter((other) => other !== name) : [...columns(), name]
      put({ cols: next.length === 0 ? undefined : next.join(',') })
    },
    /** JSON as it was written. */
    raw,
    narrow: (term: string) => query().includes(term) || put({ q: `${query()} ${term}`.trim() }),
    broken: (): FilterError | undefined => {
      const now = parsed()
      return 'why' in now ? now : undefined
    },
    /** The filter that is in force; empty: none. */
    filtering,
    highlight,
    around: () => Math.min(20, Math.max(0, Math.trunc(Number(one(search.around))) || 0)),
    clock,
    wrap,
    /** Time and source of the picked line. */
    at: () => {
      const timeMs = Number(one(search.at))
      return timeMs > 0 && timeMs < latestMs ? timeMs : undefined
    },
    /** What the address says instead of a time. */
    badAt: () =>
      one(search.at) === '' || (Number(one(search.at)) > 0 && Number(one(search.at)) < latestMs) ? '' : one(search.at).slice(0, 40),
    in: () => one(search.in),
  }
}

export type Address = ReturnType<typeof createAddress>
