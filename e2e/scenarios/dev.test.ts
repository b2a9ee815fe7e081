import assert from 'node:assert/strict'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createOwner, createPerson } from '../fleet/console.ts'
import { startDev } from '../fleet/start.ts'
import { until } from '../fleet/until.ts'

describe('npm run dev', () => {
  it(
    'starts everything again when a source of the hub is saved, and builds the console when one of it is',
    { timeout: 240_000 },
    async () => {
      const dev = await startDev('--hosts=1')
      const starts = () => dev.said.split(/https on port \d+\./).length - 1
      try {
        const owner = await createOwner(dev.base, dev.code)
        appendFileSync(join(dev.tree, 'hub/src/main.ts'), "\nconsole.error('a hub saved anew')\n")
        await until(() => starts() === 2, 90)
        assert.match(dev.said, /a hub saved anew/)
        // On the same data: who set it up is still its owner.
        const again = createPerson(`https://127.0.0.1:${[...dev.said.matchAll(/https on port (\d+)/g)].at(-1)![1]}`)
        again.cookie = owner.cookie
        assert.equal((await again.ask('GET', '/api/v1/me')).status, 200)

        const page = () => readFileSync(join(dev.tree, 'ui/dist/index.html'), 'utf8')
        const before = page()
        appendFileSync(join(dev.tree, 'ui/src/base.css'), '\n.saved-anew {\n  color: red;\n}\n')
        await until(() => dev.said.includes('console: first load'), 90)
        assert.notEqual(page(), before)
        assert.equal(starts(), 2)
      } finally {
        assert.equal(await dev.stop(), 0)
        dev.forget()
      }
    },
  )
})
