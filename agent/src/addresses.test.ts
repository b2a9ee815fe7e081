import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAddresses } from './addresses.ts'

describe('the addresses of a hub', () => {
  const walk = (list: readonly string[], steps: number) => {
    const addresses = createAddresses(() => list)
    return Array.from({ length: steps }, () => {
      const { next } = addresses
      addresses.failed()
      return next
    }).join('')
  }

  it('are tried in their order, over and over, the first three times at first', () => {
    assert.equal(walk(['a', 'b', 'c'], 9), 'aaabcabca')
    assert.equal(walk(['a'], 5), 'aaaaa')
  })

  it('begin with the first again when a link over another one ended, with a single try', () => {
    const addresses = createAddresses(() => ['a', 'b'])
    for (let times = 0; times < 3; times++) addresses.failed()
    assert.deepEqual([addresses.next, addresses.first], ['b', false])
    addresses.linked()
    addresses.lost()
    assert.equal(addresses.next, 'a')
    addresses.failed()
    assert.equal(addresses.next, 'b')
  })

  it('are patient with the first again once there was a link over it', () => {
    const addresses = createAddresses(() => ['a', 'b'])
    for (let times = 0; times < 3; times++) addresses.failed()
    addresses.home()
    addresses.linked()
    addresses.lost()
    addresses.failed()
    assert.equal(addresses.next, 'a')
  })

  it('may become fewer while one of the last is used', () => {
    let list = ['a', 'b', 'c']
    const addresses = createAddresses(() => list)
    for (let times = 0; times < 4; times++) addresses.failed()
    assert.equal(addresses.next, 'c')
    list = ['a']
    assert.deepEqual([addresses.next, addresses.only, addresses.first], ['a', true, true])
  })
})
