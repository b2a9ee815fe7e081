import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { containersOf } from './counts.ts'

const host = (online: boolean, up: boolean | undefined, container?: number) =>
  ({
    online,
    facts: up === undefined ? null : { engine: { up } },
    counts: container === undefined ? {} : { container },
  }) as unknown as Host

describe('how many containers a host has', () => {
  it('is none only where its engine says so', () => {
    assert.equal(containersOf(host(true, true)), 0)
    assert.equal(containersOf(host(true, true, 3)), 3)
  })

  it('is not known of an engine that is down, nor of a host that is away or has not spoken yet', () => {
    for (const one of [host(true, false), host(false, true), host(true, undefined)]) assert.equal(containersOf(one), undefined)
  })

  it('is what was last seen, when that is known', () => {
    assert.equal(containersOf(host(false, true, 9)), 9)
    assert.equal(containersOf(host(true, false, 9)), 9)
  })
})
