import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { serveInstaller, type Installer } from './installer.ts'

const stallMs = 1000
const nodePath = `/dl/node-${process.arch}`

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('what an installer fetches', () => {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-installer-'))
  let port = 0
  const { promise: listening, resolve } = Promise.withResolvers<void>()
  let server: ReturnType<typeof createServer>
  let installer: Installer

  before(async () => {
    mkdirSync(join(root, 'installers'))
    writeFileSync(
      join(root, 'installers/install.sh'),
      "#!/bin/sh\nfiles='\n@FILES@\n'\ncat <<'UNIT'\n@UNIT@\nUNIT\ncat <<'OPENRC'\n@OPENRC@\nOPENRC\n",
    )
    // `$&` in it is no pattern of what replaces it.
    writeFileSync(join(root, 'installers/fairlead-agent.service'), 'unit $&\n')
    writeFileSync(join(root, 'installers/fairlead-agent.openrc'), 'openrc\n')
    installer = serveInstaller(root, stallMs)
    server = createServer(getRequestListener(installer.app.fetch as never) as RequestListener).listen(0, '127.0.0.1', resolve)
    await listening
    port = (server.address() as AddressInfo).port
  })
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(root, { recursive: true, force: true })
  })

  const connections = () => new Promise<number>((done) => server.getConnections((_error, count) => done(count)))
  function open(path: string): Promise<Socket> {
    return new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: hub\r\n\r\n`)
        done(socket)
      })
      socket.on('error', () => undefined)
      socket.pause()
    })
  }
  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if (await condition()) return
      await new Promise((wait) => setTimeout(wait, 50))
    }
    assert.fail('it did not become so within 10 s')
  }

  it('comes whole to whoever reads slowly, for longer than one may read nothing', async () => {
    const socket = await open(nodePath)
    const startMs = performance.now()
    // More than both kernels hold for it, so that the hub sees each rest.
    const restAfterBytes = 8 * 1024 * 1024
    let rests = 1
    let bytes = 0
    let expected = Number.POSITIVE_INFINITY
    socket.on('data', (part: Buffer) => {
      if (bytes === 0) {
        const head = part.toString('latin1')
        expected = Number(/content-length: (\d+)/i.exec(head)![1]) + head.indexOf('\r\n\r\n') + 4
      }
      bytes += part.length
      if (bytes < rests * restAfterBytes) return
      rests++
      socket.pause()
      setTimeout(() => socket.resume(), stallMs / 10)
    })
    socket.resume()
    await until(() => bytes >= expected)
    assert.equal(bytes, expected)
    assert.ok(performance.now() - startMs > stallMs)
    socket.destroy()
    await until(async () => (await connections()) === 0)
  })

  it('is held for nobody who takes nothing: the connection ends, and the next one is served', async () => {
    const idle = await open(nodePath)
    await until(async () => (await connections()) === 1)
    await until(async () => (await connections()) === 0)
    idle.destroy()
    const answer = await fetch(`http://127.0.0.1:${port}${nodePath}`)
    assert.equal((await answer.arrayBuffer()).byteLength, Number(answer.headers.get('content-length')))
  })

  it('names the hash of the script as it is served, also after the agent was built anew', async () => {
    const served = async () => (await fetch(`http://127.0.0.1:${port}/i.sh`)).text()
    const hashes = async () => [await installer.sha256(), sha256(await served())]
    const agent = join(root, 'agent/dist/agent.cjs')
    mkdirSync(dirname(agent), { recursive: true })
    const seen = new Set<string>()
    // As long as the one before it: only its time tells them apart.
    for (const text of ['one', 'two']) {
      writeFileSync(agent, text)
      const [said, is] = await hashes()
      assert.equal(said, is)
      assert.match(await served(), new RegExp(`^files='\n${sha256(text)}  agent.cjs\n[0-9a-f]{64}  node-${process.arch}\n'$`, 'm'))
      seen.add(said!)
    }
    assert.equal(seen.size, 2)
  })

  it('serves the programs of a release, packed and not, as long as they are of the bundle that it serves', async () => {
    const dist = join(root, 'agent/dist')
    const get = async (name: string) => (await fetch(`http://127.0.0.1:${port}/dl/${name}`)).status
    mkdirSync(join(dist, 'release'), { recursive: true })
    for (const file of ['agent.cjs', 'release/agent.cjs']) writeFileSync(join(dist, file), 'of one state')
    const names = ['fairlead-agent-linux-x64.xz', 'fairlead-agent-linux-x64', 'fairlead-agent-linux-arm64.gz']
    for (const name of names) writeFileSync(join(dist, 'release', name), name)
    writeFileSync(join(dist, 'release', 'release.key'), 'never')
    const text = await (await fetch(`http://127.0.0.1:${port}/i.sh`)).text()
    for (const name of names) {
      assert.ok(text.includes(`\n${sha256(name)}  ${name}\n`), name)
      assert.equal(await get(name), 200)
    }
    assert.match(text, /^unit \$&$/m)
    for (const other of ['release.key', 'fairlead-agent-linux-arm64', '..%2frelease%2frelease.key', 'SHA256SUMS'])
      assert.equal(await get(other), 404, other)
    writeFileSync(join(dist, 'agent.cjs'), 'of another')
    assert.equal((await (await fetch(`http://127.0.0.1:${port}/i.sh`)).text()).includes('linux-x64'), false)
    for (const name of names) assert.equal(await get(name), 404)
    rmSync(join(dist, 'release'), { recursive: true })
  })

  it('reads what it pins once, and not before somebody asks', async () => {
    const file = join(root, 'agent/dist/agent.cjs')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'agent')
    utimesSync(file, 1e9, 1e9)
    // Other bytes under the same size, time and place: only whoever reads again sees them.
    const { atime, mtime } = statSync(file)
    const become = (text: string) => {
      writeFileSync(file, text)
      utimesSync(file, atime, mtime)
    }
    const other = serveInstaller(root)
    become('AGENT')
    const asked = await other.sha256()
    assert.equal(asked, await serveInstaller(root).sha256(), 'a start read nothing')
    become('AGEnt')
    assert.equal(await other.sha256(), asked, 'nor did who asked again')
    assert.notEqual(await serveInstaller(root).sha256(), asked)
  })
})
