import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const read = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8')
const named = Array.from(read('styles.css').matchAll(/@import '\.\/(.+)';/g), ([, file]) => file!)

/** What a sheet says of which selector; what is said for phones alone is another thing than what is said for all. */
function declared(file: string): string[] {
  const text = read(file).replaceAll(/\/\*.*?\*\//gs, '')
  return Array.from(text.matchAll(/^( *)([^{}@]+?) \{[^{}]*\}/gm)).flatMap(([, depth, selectors]) =>
    selectors!.split(/,\s+/).map((selector) => `${depth!.length > 2 ? 'sometimes ' : ''}${selector.trim()}`),
  )
}

describe('the sheets', () => {
  it('are all named in styles.css, each once', () => {
    const all = globSync('**/*.css', { cwd: import.meta.dirname }).filter((file) => file !== 'styles.css')
    assert.deepEqual(named.toSorted(), all.toSorted())
  })

  it('are short, and none says again what another says of a selector', () => {
    const where = new Map<string, Set<string>>()
    for (const file of named) {
      assert.ok(read(file).split('\n').length <= 400, `${file} is too long to be read in one sitting`)
      for (const selector of declared(file)) where.set(selector, (where.get(selector) ?? new Set()).add(file))
    }
    assert.ok(where.size > 300, `only ${where.size} selectors were found: the sheets are written another way now`)
    assert.deepEqual(
      [...where].filter(([, files]) => files.size > 1).map(([selector, files]) => `${selector}: ${[...files].join(', ')}`),
      [],
    )
  })
})
