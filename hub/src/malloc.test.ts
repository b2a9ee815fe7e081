import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { hubFlags, mallocSettings } from './malloc.ts'

describe('what starts a hub', () => {
  for (const recipe of ['fairlead-hub.service', 'hub.Dockerfile'])
    it(`says to glibc and V8 in ${recipe} what the others say [security 170]`, () => {
      const text = readFileSync(join(import.meta.dirname, '../../installers', recipe), 'utf8')
      for (const [name, value] of Object.entries(mallocSettings)) assert.match(text, new RegExp(`\\b${name}=${value}\\b`))
      for (const flag of hubFlags) assert.ok(text.includes(flag), flag)
    })
})
