import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { FolderPage } from '@fairlead/protocol/features/files.ts'
import { api, invite } from '../fleet/console.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'

const MiB = 1024 * 1024

// Files of a host without an engine, as far as its own policy gives them away: listed, looked at, saved.
describe('files of a host', () => {
  let dir: string
  let owned: OwnedHub
  let agent: AgentProcess
  let content: Buffer
  const connections = new Agent({ rejectUnauthorized: false })
  const root = () => join(dir, 'srv')
  const policy = (rules: object) => {
    writeFileSync(join(dir, 'new'), JSON.stringify(rules), { mode: 0o600 })
    renameSync(join(dir, 'new'), join(dir, 'etc/policy.json'))
  }
  const ask = (path: string) => api(owned.owner, 'GET', path)
  const listOf = (path: string) => ask(`/hosts/alpha/files?path=${encodeURIComponent(path)}`)
  const contentOf = (path: string, more = '') => `/hosts/alpha/files/content?path=${encodeURIComponent(path)}${more}`
  const rows = async () =>
    ((await ask('/audit?filter=file.read')).body as { rows: { outcome: string; code: string; target: string; verb: string }[] }).rows
  /** Of the agent, those that lead into the folder. */
  const held = () =>
    readdirSync(`/proc/${agent.process.pid}/fd`).filter((name) => {
      try {
        return readlinkSync(`/proc/${agent.process.pid}/fd/${name}`).startsWith(root())
      } catch {
        return false
      }
    })

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-files-')
    mkdirSync(join(root(), 'sub'), { recursive: true })
    mkdirSync(join(dir, 'etc'), { mode: 0o700 })
    content = randomBytes(40 * MiB)
    writeFileSync(join(root(), 'large.bin'), content)
    writeFileSync(join(root(), 'notes é.txt'), 'a line that stands nowhere else\n')
    writeFileSync(join(dir, 'secret'), 'of another account')
    symlinkSync(join(dir, 'secret'), join(root(), 'link'))
    owned = await startOwnedHub()
    agent = await startAgent(await invite(owned.owner, owned.address), '/nowhere.sock', {
      name: 'alpha',
      env: { FAIRLEAD_POLICY: join(dir, 'etc/policy.json') },
    })
    await until(async () => (await ask('/hosts')).text.includes('"online":true'))
  })
  after(async () => {
    connections.destroy()
    await agent?.stop()
    await owned?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  /** Begins to save; nothing is read yet. */
  function begin(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const url = new URL(`/api/v1${path}`, owned.address)
      const call = request(url, { agent: connections, headers: { Cookie: owned.owner.cookie, Origin: url.origin } }, resolve)
      call.on('error', reject)
      call.end()
    })
  }
  /** Reads the rest; throws what a browser calls a failed download. */
  async function digestOf(answer: IncomingMessage): Promise<string> {
    const hash = createHash('sha256')
    for await (const part of answer) hash.update(part as Buffer)
    return hash.digest('hex')
  }

  it('are nobody’s as long as its policy says nothing, and the refusal says where it is to be mended', async () => {
    for (const answer of [await listOf(root()), await ask(contentOf(join(root(), 'notes é.txt')))]) {
      assert.equal(answer.status, 403)
      assert.match(answer.text, /files\.read in its policy.*fairlead-agent policy/)
    }
    const journal = await ask('/hosts/alpha/journal?only=refused')
    assert.match(journal.text, /"what":"files\.list"/)
    assert.ok(journal.text.includes(join(root(), 'notes é.txt')))
  })

  it('are listed where the policy names their folder, from the moment on that it is written', async () => {
    policy({ files: { read: [root()] } })
    const { status, body } = await listOf(root())
    assert.equal(status, 200)
    const page = body as unknown as FolderPage
    assert.deepEqual(
      page.entries.map(({ name, kind, sizeBytes }) => [name, kind, kind === 'file' ? sizeBytes : 0]),
      [
        ['sub', 'folder', 0],
        ['large.bin', 'file', content.length],
        ['link', 'link', 0],
        ['notes é.txt', 'file', 32],
      ],
    )
    assert.equal(page.entries.find(({ name }) => name === 'link')!.pointsTo, join(dir, 'secret'))
    assert.equal((await listOf(dir)).status, 403)
    assert.equal((await listOf(`${root()}/sub/..`)).status, 400)
    assert.match((await ask(contentOf(join(root(), 'link')))).text, /links are not followed/)
    assert.match((await ask(contentOf(join(root(), 'nothing')))).text, /nothing at this path/)
  })

  it('are saved whole under their name and size, as what can do nothing here, and the trail says by whom [security 91]', async () => {
    const answer = await begin(contentOf(join(root(), 'large.bin')))
    assert.equal(answer.headers['content-length'], String(content.length))
    assert.equal(answer.headers['content-disposition'], 'attachment; filename="large.bin"')
    assert.equal(answer.headers['content-type'], 'application/octet-stream')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.match(String(answer.headers['content-security-policy']), /sandbox/)
    assert.equal(await digestOf(answer), createHash('sha256').update(content).digest('hex'))
    assert.equal((await ask(contentOf(join(root(), 'notes é.txt'), '&bytes=6'))).text, 'a line')
    await until(async () => (await rows()).filter(({ outcome }) => outcome === 'ok').length >= 2)
    const found = await rows()
    assert.ok(found.some(({ outcome, target }) => outcome === 'started' && target === join(root(), 'large.bin')))
    assert.ok(found.some(({ outcome, target }) => outcome === 'ok' && target === join(root(), 'notes é.txt')))
    assert.ok(found.some(({ outcome, code }) => outcome === 'failed' && code === 'forbidden'))
    const trail = (await ask('/audit')).text
    assert.ok(!trail.includes('stands nowhere else') && !owned.hub.output.includes('stands nowhere else'))
  })

  it('that their reader leaves are read no further: nothing stays open, and the next one has room', { timeout: 60_000 }, async () => {
    const answer = await begin(contentOf(join(root(), 'large.bin')))
    await until(() => held().length > 0)
    const second = await ask(contentOf(join(root(), 'large.bin')))
    assert.equal(second.status, 409)
    assert.match(second.text, /ask again once they are through/)
    assert.equal((await listOf(root())).status, 200)
    answer.destroy()
    await until(() => held().length === 0)
    assert.equal((await ask(contentOf(join(root(), 'notes é.txt')))).status, 200)
  })

  it('fail when they are cut short, and never end as if that were all', { timeout: 60_000 }, async () => {
    const path = join(root(), 'shrinks.bin')
    writeFileSync(path, content)
    const answer = await begin(contentOf(path))
    await until(() => held().length > 0)
    truncateSync(path, 1)
    await assert.rejects(digestOf(answer))
    await until(async () => (await rows())[0]!.outcome === 'failed')
    rmSync(path)
  })

  it('end with the policy that gave them away, in the middle of one too', { timeout: 60_000 }, async () => {
    const answer = await begin(contentOf(join(root(), 'large.bin')))
    await until(() => held().length > 0)
    policy({ files: { read: [join(root(), 'sub')] } })
    assert.equal((await listOf(root())).status, 403)
    await assert.rejects(digestOf(answer))
    await until(() => held().length === 0)
    assert.equal((await listOf(join(root(), 'sub'))).status, 200)
    policy({ files: { read: [root()] } })
  })

  it('fail when their host goes away, and are said to be out of reach', { timeout: 120_000 }, async () => {
    const answer = await begin(contentOf(join(root(), 'large.bin')))
    await until(() => held().length > 0)
    agent.process.kill('SIGKILL')
    await assert.rejects(digestOf(answer))
    await until(async () => (await listOf(root())).status === 503)
    assert.ok(readFileSync(join(root(), 'large.bin')).equals(content))
  })
})
