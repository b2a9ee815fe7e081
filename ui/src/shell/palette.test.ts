import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fitting, scopeOf, type Offer } from './palette.ts'

const offer = (label: string, words = ''): Offer => ({ label, words, kind: '', run: () => undefined })
const offers = [offer('Go to hosts', 'machines'), offer('Hosts: enrol'), offer('Sign out')]

describe('the palette', () => {
  it('reads what the first sign narrows to', () => {
    assert.deepEqual(scopeOf('> sign'), { scope: 'actions', words: 'sign' })
    assert.deepEqual(scopeOf('@web-1'), { scope: 'hosts', words: 'web-1' })
    assert.deepEqual(scopeOf('#prod'), { scope: 'tags', words: 'prod' })
    assert.deepEqual(scopeOf(' web '), { scope: 'all', words: 'web' })
    assert.deepEqual(scopeOf(''), { scope: 'all', words: '' })
  })
  it('finds every word anywhere, and puts first what begins so', () => {
    assert.deepEqual(
      fitting(offers, 'hosts').map(({ label }) => label),
      ['Hosts: enrol', 'Go to hosts'],
    )
    assert.deepEqual(
      fitting(offers, 'mach go').map(({ label }) => label),
      ['Go to hosts'],
    )
    assert.equal(fitting(offers, 'nothing').length, 0)
  })
})
