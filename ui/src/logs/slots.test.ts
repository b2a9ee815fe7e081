import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fillSlots, type Line, type Slot } from './slots.ts'

interface Named extends Slot {
  readonly name: string
}

function stage() {
  let made = 0
  const read = (id: number): Line => ({ id, text: '', timeMs: 0, source: 0, stream: 0, level: 0 })
  const make = (line: Line): Named => {
    let id = line.id
    return {
      name: String.fromCharCode(97 + made++),
      get id() {
        return id
      },
      put: (next) => void (id = next.id),
    }
  }
  let slots: readonly Named[] = []
  return {
    show(ids: readonly number[]): string {
      slots = fillSlots(slots, ids, read, make)
      return slots.map(({ name, id }) => `${name}${id}`).join(' ')
    },
    slots: () => slots,
  }
}

describe('the rows of the page', () => {
  it('are used again, in place, when all lines changed', () => {
    const { show, slots } = stage()
    assert.equal(show([1, 2, 3]), 'a1 b2 c3')
    const before = slots()
    assert.equal(show([4, 5, 6]), 'a4 b5 c6')
    assert.equal(slots(), before)
  })

  it('stay with the lines that are still wanted', () => {
    const { show } = stage()
    show([1, 2, 3])
    assert.equal(show([2, 3, 4]), 'b2 c3 a4')
    assert.equal(show([2, 9, 10, 11, 4]), 'b2 c9 d10 e11 a4')
    assert.equal(show([2]), 'b2')
    assert.equal(show([]), '')
  })
})
