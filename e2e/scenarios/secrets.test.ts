import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { closeSync, globSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { api, invite, ok } from '../fleet/console.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'

/** Which of some words a process has anywhere in its memory. */
function inMemory(pid: number, words: readonly string[]): string[] {
  const found = new Set<string>()
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const block = Buffer.alloc(8 * 1024 * 1024)
  const overlap = Math.max(...words.map((word) => word.length))
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const [, from = '', to = '', how = ''] = /^(\w+)-(\w+) (\S+)/.exec(line) ?? []
    if (!how.startsWith('rw')) continue
    for (let at = Number.parseInt(from, 16); at < Number.parseInt(to, 16); at += block.length - overlap) {
      const most = Math.min(block.length, Number.parseInt(to, 16) - at)
      let read = 0
      try {
        read = readSync(memory, block, 0, most, at)
      } catch {
        // It went while we looked.
        break
      }
      const bytes = block.subarray(0, read)
      for (const word of words) if (bytes.includes(word) || bytes.includes(Buffer.from(word, 'utf16le'))) found.add(word)
    }
  }
  closeSync(memory)
  return [...found]
}

describe('secrets and hosts', () => {
  let owned: OwnedHub
  let agent: AgentProcess
  before(async () => {
    owned = await startOwnedHub()
    agent = await startAgent(await invite(owned.owner, owned.address), '/nowhere/engine.sock', { name: 'alpha' })
    await until(async () => (await api(owned.owner, 'GET', '/hosts')).text.includes('"online":true'))
  })
  after(async () => {
    await agent?.stop()
    await owned?.stop()
  })

  it('no secret gets to a host that nothing was deployed on: not into its memory, its files, its arguments or what it says [security 132]', async () => {
    const { owner } = owned
    const canaries = Array.from({ length: 10 }, () => `canary-${randomBytes(12).toString('hex')}`)
    for (const [n, value] of canaries.entries()) {
      await ok(api(owner, 'POST', '/secrets', { name: `S${n}`, value, ...(n % 2 === 0 ? {} : { environment: 'default' }) }))
      await ok(api(owner, 'POST', `/secrets/S${n}/reveal`, n % 2 === 0 ? {} : { environment: 'default' }))
    }
    await ok(api(owner, 'POST', '/secret-key', {}))
    // Something that does get there, and is looked for beside them.
    const asked = randomBytes(32).toString('hex')
    assert.equal((await api(owner, 'GET', `/hosts/alpha/containers/${asked}`)).status >= 400, true)
    const words = [...canaries, asked]
    await until(() => inMemory(agent.process.pid!, words).includes(asked))
    assert.deepEqual(inMemory(agent.process.pid!, words), [asked])
    const said = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${agent.process.pid}/${name}`, 'latin1'))
    const kept = globSync('**/*', { cwd: agent.stateDir }).map((name) => join(agent.stateDir, name))
    const files = kept.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, 'latin1'))
    assert.ok(files.length > 1)
    for (const canary of canaries) for (const text of [...said, ...files, agent.output]) assert.ok(!text.includes(canary))
  })
})
