import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inTurn, isTooMany, stageAt, stagesOf } from './stages.ts'

describe('the stages of a wave', () => {
  it('are one host, then 5 %, 25 % and all of them, rounded up, and none that adds nobody', () => {
    const table: [number, number[]][] = [
      [0, []],
      [1, [1]],
      [2, [1, 2]],
      [4, [1, 4]],
      [5, [1, 2, 5]],
      [20, [1, 5, 20]],
      [21, [1, 2, 6, 21]],
      [200, [1, 10, 50, 200]],
      [1000, [1, 50, 250, 1000]],
    ]
    for (const [hosts, ends] of table) assert.deepEqual(stagesOf(hosts), ends, String(hosts))
    assert.deepEqual(
      [0, 1, 9, 10, 49, 50, 199].map((place) => stageAt(place, stagesOf(200))),
      [0, 1, 1, 2, 2, 3, 3],
    )
  })

  it('bear no failure below twenty hosts, and less than 2 % from there on', () => {
    const table: [number, number, boolean][] = [
      [0, 1, false],
      [1, 1, true],
      [1, 19, true],
      [1, 20, true],
      [1, 50, true],
      [1, 51, false],
      [2, 100, true],
      [2, 101, false],
      [3, 150, true],
    ]
    for (const [failed, hosts, too] of table) assert.equal(isTooMany(failed, hosts), too, `${failed} of ${hosts}`)
  })

  it('meet each kind of host early, and those that are offline last', () => {
    const host = (name: string, kind: string, online = true) => ({ id: name, name, kind, online })
    const order = inTurn([
      ...Array.from({ length: 5 }, (_, n) => host(`a${n}`, 'a')),
      host('b0', 'b'),
      host('b1', 'b'),
      host('c0', 'c', false),
      host('a9', 'a', false),
    ])
    assert.deepEqual(
      order.map(({ name }) => name),
      ['a0', 'b0', 'a1', 'b1', 'a2', 'a3', 'a4', 'c0', 'a9'],
    )
    assert.deepEqual(inTurn([]), [])
  })

  it('begin with a host of which nothing is known only where none is there that said what it is', () => {
    const host = (name: string, kind: string, online = true) => ({ id: name, name, kind, online })
    const order = inTurn([
      ...Array.from({ length: 6 }, (_, n) => host(`x${n}`, '')),
      host('z0', 'a'),
      host('z1', 'a'),
      host('y0', 'b', false),
    ])
    assert.deepEqual(
      order.map(({ name }) => name),
      ['z0', 'z1', 'x0', 'x1', 'x2', 'x3', 'x4', 'x5', 'y0'],
    )
  })
})
