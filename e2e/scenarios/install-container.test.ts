import assert from 'node:assert/strict'
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { mountsBelow, startEngine, type TestEngine } from '../engine.ts'
import { runIn } from '../fleet/clone.ts'
import { dockerOf, importRoot, type Docker } from '../fleet/docker.ts'
import { buildRoot } from '../fleet/machine.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildRelease } from '../fleet/paste.ts'
import { until } from '../fleet/until.ts'
import { invite } from '../fleet/console.ts'
import { need } from '../need.ts'

const root = join(import.meta.dirname, '../..')

// The recipe and the two lines of docs/operations.md, with nothing changed but where this machine's engine and folders are.
describe('the agent as a container', need('dockerd', 'busybox', 'nspawn'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-contained-')
  const [state, stacks, context] = ['state', 'stacks', 'context'].map((name) => join(dir, name)) as [string, string, string]
  let owned: OwnedHub
  let engine: TestEngine

  let docker: Docker
  const env = () => docker.env
  /** The line of the page that begins so, on one line. */
  const line = (start: string) => {
    const page = readFileSync(join(root, 'docs/operations.md'), 'utf8').replaceAll('\\\n', '')
    const found = page.split('\n').find((text) => text.startsWith(start))
    assert.ok(found !== undefined, `no line begins with "${start}"`)
    return found
      .replace('/var/run/docker.sock:', `${engine.socket}:`)
      .replace('/var/lib/fairlead:', `${state}:`)
      .replace('/opt/stacks:/opt/stacks', `${stacks}:${stacks}`)
  }

  before(async () => {
    for (const folder of [state, stacks, context]) mkdirSync(folder)
    const [base] = await Promise.all([buildRoot(), buildRelease()])
    engine = await startEngine()
    docker = dockerOf(engine, dir)
    owned = await startOwnedHub()
    const name = `fairlead-agent-linux-${process.arch}`
    linkSync(join(root, 'agent/dist/release', name), join(context, name))
    await importRoot(docker, base, 'fairlead-base:1')
    await docker(
      'build',
      '-f',
      join(root, 'installers/agent.Dockerfile'),
      '--build-arg',
      'BASE=fairlead-base:1',
      '-t',
      'fairlead-agent',
      context,
    )
  })
  after(async () => {
    await owned?.stop()
    await engine?.stop()
    for (const mount of mountsBelow(dir)) assert.fail(`${mount} is left`)
    rmSync(dir, { recursive: true, force: true })
  })

  it('enrols from standard input, and serves the engine beside it without one capability', { timeout: 120_000 }, async () => {
    const join_ = await invite(owned.owner, owned.address)
    const enrol = line('printf').replace("'JOIN STRING'", `'${join_}'`)
    assert.match(await runIn(dir, 'sh', ['-c', enrol], env()), /^Enrolled with https:\/\/127\.0\.0\.1:\d+ as host /)
    await runIn(dir, 'sh', ['-c', line('docker run -d')], env())
    await until(async () => /"online":true/.test((await owned.owner.ask('GET', '/api/v1/hosts')).text))
    await engine.run('neighbour', ['sleep', '100000'])
    await until(async () => (await owned.owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text.includes('neighbour'))
    const [made] = JSON.parse(await docker('inspect', 'fairlead-agent')) as {
      State: { Pid: number }
      Mounts: { Source: string; Destination: string }[]
    }[]
    const status = readFileSync(`/proc/${made!.State.Pid}/status`, 'utf8')
    assert.match(status, /^CapEff:\t0000000000000000$/m)
    assert.match(status, /^NoNewPrivs:\t1$/m)
    // What a compose file names there, the engine finds under the same name on the host.
    assert.ok(made!.Mounts.some(({ Source, Destination }) => Source === stacks && Destination === stacks))
  })

  it('is removed from outside, and says so', async () => {
    const refused = await docker('exec', 'fairlead-agent', '/usr/local/bin/fairlead-agent', 'uninstall', '--yes').catch(String)
    assert.match(refused, /This agent is a container: remove that from outside.*docker rm -f CONTAINER/)
  })

  it('is the same host after it was thrown away and made anew', { timeout: 60_000 }, async () => {
    const hosts = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as { id: string; online: boolean }[]
    const [before] = await hosts()
    await docker('rm', '-f', 'fairlead-agent')
    await until(async () => (await hosts())[0]?.online === false)
    await runIn(dir, 'sh', ['-c', line('docker run -d')], env())
    await until(async () => (await hosts())[0]?.online === true)
    assert.deepEqual(
      (await hosts()).map(({ id }) => id),
      [before!.id],
    )
    assert.match((await engine.api('GET', '/containers/neighbour/json')).body, /"Running":true/)
  })
})
