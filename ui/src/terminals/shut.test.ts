import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { setMe } from '../kit/me.ts'
import { shutReason } from './shut.ts'

const signIn = (...permissions: string[]) => setMe({ permissions } as unknown as Me)

describe('a terminal that cannot be opened', () => {
  beforeEach(() => signIn('terminals:open'))

  it('can be where nobody says otherwise', () => assert.equal(shutReason({ facts: {} }), undefined))

  it('is the person’s right first, then whether the host is there, then what the host says', () => {
    const row = { facts: { shut: 'lock' }, staleMs: 1 }
    assert.equal(shutReason(row), 'terminal.shut.offline')
    signIn('terminals:read')
    assert.equal(shutReason(row), 'terminal.shut.permission')
  })

  it('has words for each reason of a host, and for those of a later one', () => {
    for (const why of ['protected', 'lock', 'mode', 'file', 'hub'] as const)
      assert.equal(shutReason({ facts: { shut: why } }), `terminal.shut.${why}`)
    assert.equal(shutReason({ facts: { shut: 'tomorrow' } }), 'terminal.shut.policy')
  })
})
