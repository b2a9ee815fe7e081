import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readReference, writeReference } from './reference.ts'

describe('a reference to a secret that is kept elsewhere', () => {
  it('is a provider, a path and a field, and comes back as it was written', () => {
    for (const [text, provider, path, field] of [
      ['vault:shop/database#password', 'vault', 'shop/database', 'password'],
      ['vault:a:b/c#d#e', 'vault', 'a:b/c#d', 'e'],
      ['bao:x#y', 'bao', 'x', 'y'],
    ] as const) {
      assert.deepEqual(readReference(text), { provider, path, field })
      assert.equal(writeReference({ provider, path, field }), text)
    }
    assert.equal(readReference('vault:/shop/database#password').path, 'shop/database')
  })

  it('is refused with what it must look like when something of it is missing', () => {
    for (const text of ['', 'vault', 'vault:', 'vault:path', 'vault:path#', ':path#field', 'vault:#field', '#field'])
      assert.throws(() => readReference(text), /vault:shop\/database#password/, text)
  })
})
