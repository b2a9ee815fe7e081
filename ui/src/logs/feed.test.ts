import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FairleadError, type Code } from '@fairlead/protocol/errors.ts'
import { encodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { advance, feedLog, olderThan, type Feed, type FeedDoor } from './feed.ts'

type Batch = readonly (readonly [timeMs: number, text: string, source?: number])[]

function encode(lines: Batch): Uint8Array {
  const parts = lines.map(([, text]) => Buffer.from(text))
  return encodeLogLines({
    count: lines.length,
    times: Float64Array.from(lines, ([timeMs]) => timeMs),
    sources: Uint8Array.from(lines, ([, , source]) => source ?? 0),
    levels: new Uint8Array(lines.length),
    lengths: Uint32Array.from(parts, ({ length }) => length),
    text: Buffer.concat(parts),
  })
}

/** Plays openings one after the other: batches, then an end or a loss. The reader leaves after the last one. */
async function play(openings: readonly { readonly batches: readonly Batch[]; readonly lost?: Code }[]) {
  const leaving = new AbortController()
  const asked: unknown[] = []
  const told: string[] = []
  const since: number[] = []
  const door: FeedDoor = {
    async open(input) {
      asked.push(input)
      const opening = openings[asked.length - 1]
      if (opening === undefined) {
        leaving.abort()
        return (async function* () {})()
      }
      return (async function* () {
        for (const batch of opening.batches) yield encode(batch)
        if (opening.lost !== undefined) throw new FairleadError(opening.lost, 'lost')
      })()
    },
    restarted: async (sinceMs) => void since.push(sinceMs),
    rest: async () => undefined,
  }
  const feed: Feed = {
    lines({ count, lengths, text }) {
      for (let i = 0, at = 0; i < count; at += lengths[i]!, i++) told.push(Buffer.from(text.subarray(at, at + lengths[i]!)).toString())
    },
    at: () => undefined,
    notice: (what) => told.push(`<${what}>`),
    state: (state) => told.push(`(${state})`),
  }
  await feedLog(door, 100, feed, leaving.signal)
  return { asked, told, since }
}

describe('the feed of one log', () => {
  it('goes on after a loss by its cursor: the last time, and how many lines had it', async () => {
    const { asked, told } = await play([
      {
        batches: [
          [
            [1, 'a'],
            [2, 'b'],
            [2, 'c'],
          ],
          [[2, 'd']],
        ],
        lost: 'lost',
      },
      { batches: [], lost: 'host_offline' },
      { batches: [[[3, 'e']]], lost: 'lost' },
    ])
    assert.deepEqual(asked.slice(0, 3), [{ tail: 100 }, { after: { timeMs: 2, lines: 3 } }, { after: { timeMs: 2, lines: 3 } }])
    assert.deepEqual(
      told.filter((word) => !word.startsWith('(')),
      ['a', 'b', 'c', 'd', '<away>', '<back>', 'e', '<away>'],
    )
  })

  it('says once that a container ended, waits until it runs again, and says that', async () => {
    const end = '— the container is exited (exit 0) —'
    const { asked, told, since } = await play([{ batches: [[[1, 'a']], [[9, end, 2]]] }, { batches: [[[12, end, 2]]] }])
    // Asked for from its end on: what ran for a moment between is not missed.
    assert.deepEqual(since, [9, 12])
    assert.deepEqual(
      told.filter((word) => !word.startsWith('(')),
      ['a', end, '<again>', end, '<again>'],
    )
    assert.deepEqual(asked[1], { after: { timeMs: 1, lines: 1 } })
    const lost = await play([{ batches: [[[1, 'a']], [[9, end, 2]]], lost: 'lost' }, { batches: [[[9, end, 2]]] }])
    assert.equal(lost.told.filter((word) => word === end).length, 1)
  })

  it('ends when the container is gone, and when it may not be read', async () => {
    const gone = await play([{ batches: [], lost: 'not_found' }])
    assert.deepEqual(gone.told, ['(opening)', '(live)', '<gone>', '(gone)'])
    const refused = await play([{ batches: [], lost: 'forbidden' }])
    assert.deepEqual(refused.told.slice(2), ['<failed>', '(failed)'])
  })

  it('counts no notice of the agent as a line, and takes of history only what is older', () => {
    const lines = {
      count: 3,
      times: Float64Array.of(1, 5, 5),
      sources: Uint8Array.of(0, 2, 0),
      levels: new Uint8Array(3),
      lengths: Uint32Array.of(1, 1, 1),
      text: Buffer.from('abc'),
    }
    assert.deepEqual(advance(undefined, lines), { timeMs: 5, lines: 1 })
    assert.deepEqual(advance({ timeMs: 5, lines: 2 }, { ...lines, count: 0 }), { timeMs: 5, lines: 2 })
    const mixed = { ...lines, times: Float64Array.of(7, 6, 7), sources: new Uint8Array(3) }
    assert.deepEqual(advance(undefined, mixed), { timeMs: 7, lines: 2 })
    const older = olderThan({ ...lines, sources: new Uint8Array(3) }, 5)
    assert.deepEqual([older.count, Buffer.from(older.text).toString()], [1, 'a'])
  })
})
