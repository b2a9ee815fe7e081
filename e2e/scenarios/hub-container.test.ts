import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { buildOutdated } from '../../start-build.ts'
import { mountsBelow, startEngine, type TestEngine } from '../engine.ts'
import { copyTree, runIn } from '../fleet/clone.ts'
import { createOwner, createPerson, invite, type Person } from '../fleet/console.ts'
import { dockerOf, importRoot, type Docker } from '../fleet/docker.ts'
import { openGate, type Gate } from '../fleet/gate.ts'
import { buildRoot } from '../fleet/machine.ts'
import { openNet, type Net } from '../fleet/net.ts'
import { buildRelease } from '../fleet/paste.ts'
import { startAgent } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const root = join(import.meta.dirname, '../..')

/** What the first stage of the recipe leaves, made outside of it: its packages come from a registry, over whatever leads there from here. */
async function makeTree(dir: string): Promise<void> {
  const tree = join(dir, 'srv/fairlead')
  mkdirSync(tree, { recursive: true })
  assert.ok(await buildOutdated(root, new AbortController().signal))
  await buildRelease()
  copyTree(tree)
  for (const made of ['ui/dist', 'agent/dist/agent.cjs', 'agent/dist/release'])
    cpSync(join(root, made), join(tree, made), { recursive: true })
  await runIn(tree, 'npx', ['-y', 'pnpm@10.34.9', 'install', '--prod', '--frozen-lockfile'])
  const [node] = [`node-linux-${process.arch}`]
  symlinkSync(`/srv/fairlead/node_modules/${node}/bin/node`, join(dir, 'srv/node'))
}

// `installers/hub.Dockerfile` and `installers/hub.compose.yaml` as they are, by a real engine that stands at the hub's address.
describe('the hub as a container', { timeout: 600_000, ...need('dockerd', 'compose', 'nspawn', 'netns', 'busybox') }, () => {
  const dir = mkdtempSync('/var/tmp/fairlead-composed-')
  let net: Net
  let engine: TestEngine
  let gate: Gate
  let docker: Docker
  let owner: Person
  const address = () => `https://${net.hub.address}:8443`
  const compose = (...argv: string[]) => {
    const env = { ...docker.env, DOCKER_BUILDKIT: '1', FAIRLEAD_PUBLIC_URL: address() }
    return runIn(root, 'docker', ['compose', '-f', 'installers/hub.compose.yaml', ...argv], env)
  }
  const healthy = () =>
    until(async () => (await docker('inspect', '-f', '{{.State.Health.Status}}', 'fairlead-hub-1')).trim() === 'healthy', 120)
  const answers = () =>
    until(
      () =>
        createPerson(`https://127.0.0.1:${gate.port}`)
          .ask('GET', '/readyz')
          .then(
            ({ status }) => status === 200,
            () => false,
          ),
      60,
    )

  before(
    async () => {
      net = openNet(1)
      const [base] = await Promise.all([buildRoot('trixie'), makeTree(join(dir, 'tree'))])
      engine = await startEngine(net.hub)
      docker = dockerOf(engine, dir)
      await importRoot(docker, join(dir, 'tree'), 'fairlead-tree:1')
      await importRoot(docker, base, 'fairlead-base:1')
      await compose('build', '--build-arg', 'TREE=fairlead-tree:1', '--build-arg', 'BASE=fairlead-base:1')
      gate = await openGate(net.hub, 8443)
    },
    { timeout: 400_000 },
  )
  after(async () => {
    await gate?.close()
    await engine?.stop()
    net?.close()
    for (const mount of mountsBelow(dir)) assert.fail(`${mount} is left`)
    rmSync(dir, { recursive: true, force: true })
  })

  it('starts with its database, says its first-run code in its log, and is set up under its address', { timeout: 180_000 }, async () => {
    await compose('up', '-d', '--no-build')
    await answers()
    const code = /First-run code: (\S+)/.exec(await compose('logs', '--no-color', 'hub'))?.[1]
    assert.ok(code !== undefined)
    owner = await createOwner(`https://127.0.0.1:${gate.port}`, code)
    await healthy()
  })

  it('runs as no root, may nothing, and writes nowhere but into its volume', async () => {
    const exec = (...argv: string[]) => docker('exec', 'fairlead-hub-1', ...argv)
    assert.equal((await exec('id', '-u')).trim(), '10001')
    const status = await exec('cat', '/proc/1/status')
    for (const line of [/^CapBnd:\t0000000000000000$/m, /^NoNewPrivs:\t1$/m]) assert.match(status, line)
    for (const place of ['/srv/x', '/etc/x', '/home/x']) await assert.rejects(exec('touch', place), /Read-only file system/)
    await exec('test', '-e', '/var/lib/fairlead-hub/hub-key.pem')
  })

  it('serves the program of hosts, and lets one in', { timeout: 60_000 }, async () => {
    assert.match((await owner.ask('GET', '/i.sh')).text, /^[0-9a-f]{64} {2}fairlead-agent-linux-/m)
    const site = net.sites[0]!
    const agent = await startAgent(await invite(owner, address()), '/nonexistent/engine.sock', { name: 'of-a-site', where: site })
    await until(async () => /"online":true/.test((await owner.ask('GET', '/api/v1/hosts')).text))
    await agent.stop()
  })

  it('ends in order, and is who it was when it is made anew of the same volume', { timeout: 180_000 }, async () => {
    await compose('stop')
    assert.equal((await docker('inspect', '-f', '{{.State.ExitCode}}', 'fairlead-hub-1')).trim(), '0')
    await compose('down')
    assert.equal(await docker('ps', '-aq'), '')
    await compose('up', '-d', '--no-build')
    await answers()
    // The login from before, and the host that came in.
    assert.match((await owner.ask('GET', '/api/v1/hosts')).text, /"name":"of-a-site"/)
    assert.doesNotMatch(await compose('logs', '--no-color', 'hub'), /First-run code/)
  })
})
