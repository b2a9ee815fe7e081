import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { heldRules, render } from './checklist.ts'

describe('the security checklist', () => {
  it('is what the tests say today; `node e2e/checklist.ts` writes it anew', async () => {
    const page = readFileSync(join(import.meta.dirname, '../docs/security-checklist.md'), 'utf8')
    assert.equal(page, render(await heldRules()))
  })
})
