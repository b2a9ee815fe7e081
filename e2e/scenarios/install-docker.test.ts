import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { cpus, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import { mountsBelow, startEngine, type TestEngine } from '../engine.ts'
import { dockerOf, importRoot, typeIn, type Docker } from '../fleet/docker.ts'
import { buildRoot } from '../fleet/machine.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildRelease } from '../fleet/paste.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

// A host that takes nothing but containers: the line of the console as its page shows it for those (e2e/browser/enrolment.test.ts),
// an engine with no way to a registry, and, in place of Debian's image, a root of the next Debian under a name of its own.
describe('the line for a container', need('dockerd', 'busybox', 'nspawn', 'strace', 'curl'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-lined-')
  const stacks = join(dir, 'stacks')
  let owned: OwnedHub
  let engine: TestEngine
  let docker: Docker
  let line = ''

  before(async () => {
    mkdirSync(stacks)
    const [base] = await Promise.all([buildRoot('trixie'), buildRelease()])
    engine = await startEngine()
    docker = dockerOf(engine, dir)
    owned = await startOwnedHub()
    await importRoot(docker, base, 'debian-of-ours:1')
    await engine.run('neighbour', ['sleep', '100000'])
  })
  after(async () => {
    await owned?.stop()
    await engine?.stop()
    for (const mount of mountsBelow(dir)) assert.fail(`${mount} is left`)
    rmSync(dir, { recursive: true, force: true })
  })

  const newLine = async () =>
    (line = String((await owned.owner.ask('POST', '/api/v1/invitations', { body: { address: owned.address } })).body['line']))
  const paste = (text: string, trace?: string) => typeIn(dir, text, { ...docker.env, FAIRLEAD_PREFIX: join(dir, 'opt') }, trace)
  const options = `--container --base debian-of-ours:1 --folder ${stacks}`
  const hosts = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as Host[]
  const online = () => until(async () => (await hosts())[0]?.online === true, 60)
  const mine = async () => {
    const [made] = JSON.parse(await docker('inspect', 'fairlead-agent')) as {
      Id: string
      Mounts: { Source: string; Destination: string }[]
    }[]
    return made!
  }
  const left = async () =>
    (await docker('ps', '-aq', '--filter', 'name=fairlead-agent')) +
    (await docker('images', '-q', 'fairlead-agent')) +
    (await docker('volume', 'ls', '-q', '--filter', 'name=fairlead-agent'))

  it('says where there is no base what is in its way, and leaves nothing', { timeout: 120_000 }, async () => {
    const { code, said } = await paste(`${await newLine()} --container --base nobody-has-this:1`)
    assert.equal(code, 1, said)
    assert.match(said, /blocked \(image\): the image could not be made on nobody-has-this:1/)
    assert.match(said, /fix: without a way to a registry: load the image/)
    assert.equal(await left(), '')
  })

  it('makes the image of what the hub serves and runs it, with the secret in no argument and in nothing that is kept', async () => {
    const trace = join(dir, 'trace')
    const { code, said } = await paste(`${line} ${options}`, trace)
    assert.equal(code, 0, said)
    assert.match(said, /the agent \S+ runs as the container fairlead-agent; see it in the console/)
    await online()
    const secret = /flj1\.[^.]+\.([^.]+)\./.exec(line)![1]!
    const runs = readFileSync(trace, 'utf8')
    assert.match(runs, /execve\("[^"]*docker", \["docker", "run", "-i"/, 'the trace has what ran')
    assert.equal(runs.includes(secret), false)
    for (const kept of [said, await docker('inspect', 'fairlead-agent'), await docker('history', '--no-trunc', 'fairlead-agent')])
      assert.equal(kept.includes(secret), false)
  })

  it('shows the host, and not the container: its name, system, memory, disk, network and neighbours', { timeout: 120_000 }, async () => {
    await until(async () => (await hosts())[0]?.facts !== null)
    const [host] = await hosts()
    assert.equal(host!.name, hostname())
    assert.equal(host!.facts!.memoryBytes, totalmem())
    assert.equal(host!.facts!.cpus, cpus().length)
    // The base is of another Debian than this machine.
    assert.equal(host!.facts!.os, /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))![1])
    const measured = async (kind: string, name: string) => {
      const path = `/api/v1/hosts/${host!.id}/metrics?kind=${kind}&names=${name}&fromMs=${Date.now() - 600_000}&toMs=${Date.now() + 1000}`
      const { series = [] } = JSON.parse((await owned.owner.ask('GET', path)).text) as Partial<MetricsAnswer>
      return new Map(series.map(({ subject, avg }) => [subject, avg.findLast((value) => value !== null)]))
    }
    const { blocks, bfree, bavail, bsize } = statfsSync('/')
    await until(async () => (await measured('disk', 'totalBytes')).has('/'), 60)
    const disks = await measured('disk', 'totalBytes')
    // What is reserved for root moves with what is free.
    assert.ok(Math.abs(disks.get('/')! - (blocks - bfree + bavail) * bsize) < 0.01 * blocks * bsize)
    assert.ok(!disks.has('/etc/resolv.conf') && ![...disks.keys()].some((name) => name.startsWith('/host')))
    const neighbour = (JSON.parse((await engine.api('GET', '/containers/neighbour/json')).body) as { Id: string }).Id
    await until(async () => Number((await measured('container', 'memoryBytes')).get(neighbour)) > 0, 60)
    await until(async () => (await owned.owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text.includes('neighbour'))
  })

  it('may look at the host and change nothing there, but in folders that were named, under their own names', async () => {
    const { Mounts } = await mine()
    assert.ok(Mounts.some(({ Source, Destination }) => Source === stacks && Destination === stacks))
    await docker('exec', 'fairlead-agent', 'sh', '-c', `echo services > ${stacks}/compose.yaml`)
    assert.equal(readFileSync(join(stacks, 'compose.yaml'), 'utf8'), 'services\n')
    for (const place of ['/host/fairlead-was-here', '/usr/fairlead-was-here'])
      await assert.rejects(docker('exec', 'fairlead-agent', 'touch', place), /Read-only file system/)
    assert.equal(existsSync('/fairlead-was-here'), false)
    assert.match(await docker('exec', 'fairlead-agent', 'cat', '/proc/self/status'), /^CapEff:\t0000000000000000$/m)
  })

  it('comes back with its engine, as the same host', { timeout: 120_000 }, async () => {
    const [before] = await hosts()
    const ended = once(engine.process, 'exit')
    engine.process.kill('SIGTERM')
    await ended
    await engine.restart()
    await until(async () => ((await hosts())[0]?.facts?.agentStartMs ?? 0) > before!.facts!.agentStartMs, 60)
    await online()
    assert.deepEqual(
      (await hosts()).map(({ id }) => id),
      [before!.id],
    )
  })

  it('is repaired by its line, by one that lets nobody in, and by one without a secret', { timeout: 180_000 }, async () => {
    const [before] = await hosts()
    // Of another key, under the same name: an older hub's, say.
    const older = line.replace(/(flj1\.[^.]+\.[^.]+)\.[^.]+/, `$1.${'A'.repeat(43)}`)
    for (const [text, says] of [
      [`${line} ${options}`, /Enrolled with https:/],
      [`${older} ${options}`, /this line lets nobody in any more \(why is above\); the host stays enrolled as it was/],
      [`${line.replace(/printf '%s\\n' '[^']+'[^|]*\|/, 'true |')} ${options}`, /runs as the container/],
    ] as const) {
      const { Id } = await mine()
      const { code, said } = await paste(text)
      assert.equal(code, 0, said)
      assert.match(said, says)
      assert.match(said, /the image is the newest one already/)
      assert.notEqual((await mine()).Id, Id)
      await online()
    }
    assert.deepEqual(
      (await hosts()).map(({ id }) => id),
      [before!.id],
    )
  })

  it('lets an agent that works run on where a line of another hub lets nobody in', { timeout: 120_000 }, async () => {
    const { Id } = await mine()
    // Another name of this machine, and another key behind it.
    const address = Buffer.from(owned.address.replace('127.0.0.1', 'localhost')).toString('base64url')
    const foreign = line.replace(/(flj1\.[^.]+\.[^.]+)\.[^']+/, `$1.${'A'.repeat(43)}.${address}`)
    const { code, said } = await paste(`${foreign} ${options}`)
    assert.equal(code, 1, said)
    assert.match(said, /not enrolled; the reason is above\. The agent that was here stays as it was\./)
    assert.equal((await mine()).Id, Id)
    await online()
  })

  it('does not stand beside an agent that is a service', async () => {
    mkdirSync(join(dir, 'opt'))
    writeFileSync(join(dir, 'opt/.fairlead-installed'), '')
    const { code, said } = await paste(`${line} ${options}`)
    rmSync(join(dir, 'opt'), { recursive: true })
    assert.equal(code, 1)
    assert.match(said, /blocked \(agent\): there is one in \S+\/opt already/)
  })

  it('goes without a trace, and takes nothing of anybody with it [security 157]', { timeout: 60_000 }, async () => {
    const started = async () => (JSON.parse((await engine.api('GET', '/containers/neighbour/json')).body) as { State: object }).State
    const before = await started()
    const { code, said } = await paste(`${line} --container --uninstall`)
    assert.equal(code, 0, said)
    assert.match(said, /removed:\n {2}the container fairlead-agent\n {2}the image fairlead-agent\n {2}the volume fairlead-agent\n/)
    assert.equal(await left(), '')
    assert.deepEqual(await started(), before)
    assert.equal(existsSync(join(stacks, 'compose.yaml')), true)
    const again = await paste(`${line} --container --uninstall`)
    assert.equal(again.code, 1)
    assert.match(again.said, /no container, image or volume of an agent is here/)
  })
})
