import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { countByTime } from './histogram.ts'
import { chunkLines } from './chunks.ts'
import { createLogStore, findTime, type LogStore } from './store.ts'

function batch(lines: readonly (readonly [timeMs: number, text: string, level?: number])[]): LogLines {
  const parts = lines.map(([, text]) => Buffer.from(text))
  return {
    count: lines.length,
    times: Float64Array.from(lines, ([timeMs]) => timeMs),
    sources: new Uint8Array(lines.length),
    levels: Uint8Array.from(lines, ([, , level]) => level ?? 0),
    lengths: Uint32Array.from(parts, ({ length }) => length),
    text: Buffer.concat(parts),
  }
}

const texts = (store: LogStore) => [...store.order.ids.subarray(0, store.order.length)].map((id) => store.text(id))

describe('the store of log lines', () => {
  it('merges sources by time; lines of one source keep the order they came in', () => {
    const store = createLogStore()
    store.append(
      0,
      batch([
        [10, 'a'],
        [20, 'b'],
        [15, 'c'],
        [40, 'd'],
      ]),
    )
    store.append(
      1,
      batch([
        [5, 'x'],
        [20, 'y'],
        [30, 'z'],
      ]),
    )
    assert.deepEqual(texts(store), ['x', 'a', 'b', 'c', 'y', 'z', 'd'])
    assert.deepEqual([store.source(store.order.ids[0]!), store.time(store.order.ids[0]!)], [1, 5])
  })

  // Each source's own notice that it is back, of now, held back what was written before now.
  it('puts what was written during an outage in order by time, before the notices that its sources are back', () => {
    const store = createLogStore()
    const lines = (source: number, ...timesMs: number[]) =>
      store.append(source, batch(timesMs.map((timeMs) => [timeMs, `${source}:${timeMs}`])))
    lines(0, 10, 20)
    lines(1, 15, 25)
    for (const source of [0, 1]) store.notice(source, 30, `${source} away`, { passing: true })
    store.notice(0, 100, '0 back', { passing: true })
    lines(0, 40, 60, 80)
    store.notice(1, 101, '1 back', { passing: true })
    lines(1, 50, 70, 90)
    lines(0, 105)
    lines(1, 106)
    const during = ['0:40', '1:50', '0:60', '1:70', '0:80', '1:90']
    const away = ['0 away', '1 away', ...during, '0 back', '1 back']
    assert.deepEqual(texts(store), ['0:10', '1:15', '0:20', '1:25', ...away, '0:105', '1:106'])
  })

  it('keeps what came after a restart after the notice of it, whatever the clocks say', () => {
    const store = createLogStore()
    store.append(0, batch([[10, 'before']]))
    store.notice(0, 30, 'started again')
    store.append(0, batch([[29, 'first words']]))
    assert.deepEqual(texts(store), ['before', 'started again', 'first words'])
  })

  it('puts history before what its source already has', () => {
    const store = createLogStore()
    store.append(
      0,
      batch([
        [10, 'c'],
        [20, 'd'],
      ]),
    )
    store.append(
      0,
      batch([
        [1, 'a'],
        [9, 'b'],
      ]),
      true,
    )
    assert.deepEqual(texts(store), ['a', 'b', 'c', 'd'])
  })

  it('lets the oldest chunk go when there are too many lines or bytes, and counts what went', () => {
    const store = createLogStore({ lines: 2 * chunkLines, bytes: 1e9 })
    for (let n = 0; n < 5 * chunkLines; n += 1000) store.append(0, batch(Array.from({ length: 1000 }, (_, i) => [n + i, `${n + i}`])))
    assert.ok(store.order.length <= 3 * chunkLines)
    assert.equal(store.order.length + store.dropped, 82_000)
    assert.equal(store.has(0), false)
    assert.equal(texts(store).at(-1), '81999')
    assert.equal(Number(texts(store)[0]), store.dropped)
    const small = createLogStore({ lines: 1e9, bytes: 4 * 1024 * 1024 })
    for (let n = 0; n < 200; n++) small.append(0, batch([[n, 'x'.repeat(100_000)]]))
    assert.ok(small.bytes < 6 * 1024 * 1024, `${small.bytes}`)
    assert.ok(small.dropped > 100)
  })

  it('holds a line longer than a chunk, cut, and bytes that are no text', () => {
    const store = createLogStore()
    store.append(0, batch([[1, 'y'.repeat(3_000_000)]]))
    assert.equal(store.raw(store.order.ids[0]!).length, 1024 * 1024)
    store.append(0, { ...batch([[2, 'ab']]), text: Uint8Array.of(0xff, 0xfe) })
    assert.equal(texts(store)[1], '\uFFFD\uFFFD')
  })

  it('finds the row of a time', () => {
    const store = createLogStore()
    store.append(
      0,
      batch([
        [10, 'a'],
        [20, 'b'],
        [30, 'c'],
      ]),
    )
    assert.deepEqual(
      [5, 10, 11, 30, 31].map((timeMs) => findTime(store, store.order, timeMs)),
      [0, 0, 1, 2, 3],
    )
  })

  it('counts lines by time and level', () => {
    const store = createLogStore()
    store.append(
      0,
      batch([
        [0, 'a'],
        [5, 'b', 4],
        [99, 'c', 5],
        [100, 'd', 6],
      ]),
    )
    const found = countByTime(store, store.order, 10)!
    assert.deepEqual(
      [[...found.others], [...found.warnings], [...found.errors]].map((column) => column.join('')),
      ['1000000000', '1000000000', '0000000002'],
    )
    assert.equal(found.most, 2)
  })
})
