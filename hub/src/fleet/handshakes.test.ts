import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createHandshakes } from './handshakes.ts'

function door() {
  let nowMs = 0
  const handshakes = createHandshakes(() => nowMs)
  const out: string[] = []
  const enter = (ip: string, name = ip) => handshakes.enter(ip, () => out.push(name))
  return { enter, out, pass: (ms: number) => (nowMs += ms) }
}

describe('the places at the door', () => {
  it('are two hundred, and free again when who had one leaves', () => {
    const { enter, out } = door()
    const places = Array.from({ length: 200 }, () => enter('a'))
    assert.equal(enter('a'), undefined)
    places[7]!.leave()
    places[7]!.leave()
    assert.notEqual(enter('a'), undefined)
    assert.equal(enter('a'), undefined)
    assert.deepEqual(out, [])
  })

  it('go from the address that has the most, the oldest first, to one that has fewer', () => {
    const { enter, out } = door()
    for (let n = 0; n < 150; n++) enter('many', `many ${n}`)
    for (let n = 0; n < 50; n++) enter(`one ${n}`)
    assert.notEqual(enter('late'), undefined)
    assert.notEqual(enter('late'), undefined)
    assert.deepEqual(out, ['many 0', 'many 1'])
  })

  it('are left to who showed a key, and are counted once, whoever leaves when', () => {
    const { enter, out } = door()
    const places = Array.from({ length: 200 }, () => enter('a')!)
    for (const place of places.slice(0, 198)) place.known()
    const late = enter('b')!
    assert.deepEqual(out, ['a'])
    // It was turned out already: this is somebody else's place.
    places[198]!.known()
    places[198]!.leave()
    places[199]!.known()
    late.known()
    assert.equal(enter('c'), undefined)
    late.leave()
    assert.notEqual(enter('c'), undefined)
  })

  it('go from who was slow to anybody, when each address has one', () => {
    const { enter, out, pass } = door()
    for (let n = 0; n < 200; n++) enter(`ip ${n}`)
    pass(1000)
    assert.equal(enter('late'), undefined)
    pass(600)
    assert.notEqual(enter('late'), undefined)
    assert.deepEqual(out, ['ip 0'])
  })
})
