import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Row, State } from '@fairlead/protocol/features/inventory.ts'
import { openInventory } from './inventory.ts'

const states: readonly State[] = ['ok', 'busy', 'warn', 'critical', 'off', 'unknown']
const queries = [
  { filter: '', sort: ['name'] },
  { filter: '', sort: ['-cpu', 'name'] },
  { filter: 'state:ok host:h*', sort: ['state', '-masts'] },
  { filter: '-name:b1 e', sort: ['host', '-name'] },
].map((query) => ({ kind: 'boat', offset: 0, limit: 500, ...query }))

type Step =
  | { readonly do: 'set'; readonly host: number; readonly id: number; readonly state: State; readonly masts: number | undefined }
  | { readonly do: 'unset' | 'usage'; readonly host: number; readonly id: number; readonly cpu: number }
  | { readonly do: 'offline' | 'gone' | 'rename'; readonly host: number }

const host = fc.integer({ min: 1, max: 3 })
const id = fc.integer({ min: 1, max: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    host,
    id,
    state: fc.constantFrom(...states),
    masts: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  }),
  fc.record({ do: fc.constantFrom('unset' as const, 'usage' as const), host, id, cpu: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ do: fc.constantFrom('offline' as const, 'gone' as const, 'rename' as const), host }),
)

describe('a view kept current', () => {
  it('is, after any changes, what a view made anew is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const kept = openInventory()
        const anew = openInventory()
        for (const one of steps) {
          play(kept, one)
          play(anew, one)
          for (const query of queries) kept.page('acme', query)
        }
        for (const query of queries) {
          const [a, b] = [kept.page('acme', query), anew.page('acme', query)]
          // Both were made at about the same time, not at the same one.
          const plain = ({ rows }: typeof a) => rows.map(({ sinceMs: _since, ...row }) => row)
          assert.deepEqual(plain(a), plain(b))
          assert.deepEqual(a.totals, b.totals)
        }
      }),
      { numRuns: 300 },
    )
  })
})

function play(inventory: ReturnType<typeof openInventory>, one: Step): void {
  const name = `h${one.host}`
  if (one.do === 'offline') return inventory.hostOffline('acme', name, 7)
  if (one.do === 'gone') return inventory.hostGone('acme', name)
  if (one.do === 'rename') return inventory.hostRenamed('acme', name, `g${one.host}`)
  if (one.do === 'usage') return inventory.usage('acme', name, 'boat', new Map([[`b${one.id}`, { cpu: one.cpu }]]))
  const set: Row[] =
    one.do !== 'set'
      ? []
      : [
          {
            id: `b${one.id}`,
            name: `boat e${one.id % 5}`,
            state: one.state,
            status: one.state,
            detail: '',
            tags: [],
            links: [],
            facts: one.masts === undefined ? {} : { masts: one.masts },
            createdMs: 0,
            sinceMs: 0,
          },
        ]
  inventory.apply('acme', name, name, { kind: 'boat', reset: false, done: false, set, unset: one.do === 'unset' ? [`b${one.id}`] : [] })
}
