import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { mountsBelow } from '../engine.ts'
import { runIn } from '../fleet/clone.ts'
import { importRoot, typeIn } from '../fleet/docker.ts'
import { buildRoot } from '../fleet/machine.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildRelease } from '../fleet/paste.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { startPodman, type TestPodman } from '../podman.ts'

/** All that this machine has but the commands of Docker. */
function linkTools(tools: string): void {
  mkdirSync(tools)
  for (const folder of ['/usr/bin', '/usr/sbin'])
    for (const name of readdirSync(folder))
      if (!name.startsWith('docker') && name !== 'podman' && !existsSync(join(tools, name)))
        symlinkSync(join(folder, name), join(tools, name))
}

// As install-docker.test.ts, where Podman alone is there; what is the same for both is not tried twice.
describe('the line for a container where there is Podman', need('podman', 'busybox', 'nspawn', 'curl'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-podded-')
  const tools = join(dir, 'tools')
  const podman = join(dir, 'bin/podman')
  let owned: OwnedHub
  let engine: TestPodman
  let line = ''

  before(async () => {
    linkTools(tools)
    const [base] = await Promise.all([buildRoot('trixie'), buildRelease()])
    engine = await startPodman()
    mkdirSync(join(dir, 'bin'))
    // The engine of the test is not in its usual folders; told where its socket is, the command would ask there.
    const settings = Object.entries(engine.env).map(([name, value]) => `${name}=${value}`)
    writeFileSync(podman, `#!/bin/sh\nunset CONTAINER_HOST\nexec env ${settings.join(' ')} ${engine.command.join(' ')} "$@"\n`, {
      mode: 0o755,
    })
    await importRoot({ env: {}, file: podman }, base, 'debian-of-ours:1')
    owned = await startOwnedHub()
    const { body } = await owned.owner.ask('POST', '/api/v1/invitations', { body: { address: owned.address } })
    line = String(body['line'])
    await engine.run('neighbour', ['sleep', '100000'])
  })
  after(async () => {
    await owned?.stop()
    await engine?.stop()
    for (const mount of mountsBelow(dir)) assert.fail(`${mount} is left`)
    rmSync(dir, { recursive: true, force: true })
  })

  const paste = (options: string, env: Readonly<Record<string, string>> = {}) =>
    typeIn(dir, `${line} --container ${options}`, { PATH: tools, CONTAINER_HOST: `unix://${engine.socket}`, ...env })
  const ask = (...argv: string[]) => runIn(dir, podman, argv)
  const hosts = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as Host[]
  const online = () => until(async () => (await hosts())[0]?.online === true, 60)
  const left = async () =>
    (await ask('ps', '-aq', '--filter', 'name=fairlead-agent')) +
    (await ask('images', '-q', 'fairlead-agent')) +
    (await ask('volume', 'ls', '-q', '--filter', 'name=fairlead-agent'))

  it('says what is in its way: no socket, another machine, no root', { timeout: 120_000 }, async () => {
    for (const [socket, says] of [
      [
        `unix://${dir}/none.sock`,
        /blocked \(engine\): Podman runs, and nobody may ask it: \S+none\.sock is not there\n.*fix: systemctl enable --now podman\.socket/,
      ],
      ['ssh://elsewhere/run/podman/podman.sock', /blocked \(engine\): CONTAINER_HOST names another machine/],
    ] as const) {
      const { code, said } = await paste('--base debian-of-ours:1', { CONTAINER_HOST: socket })
      assert.equal(code, 1, said)
      assert.match(said, says)
    }
    writeFileSync(join(dir, 'bin/id'), '#!/bin/sh\ncase "$*" in -u) echo 1000 ;; *) echo ada ;; esac\n', { mode: 0o755 })
    const { code, said } = await paste('--base debian-of-ours:1')
    rmSync(join(dir, 'bin/id'))
    assert.equal(code, 1, said)
    assert.match(said, /blocked \(engine\): without root, Podman shows the containers of ada alone/)
    assert.equal(await left(), '')
  })

  it('makes its image and runs it; the console shows this host and its containers', { timeout: 180_000 }, async () => {
    const { code, said } = await paste('--base debian-of-ours:1')
    assert.equal(code, 0, said)
    assert.match(said, /the agent \S+ runs as the container fairlead-agent; see it in the console\. Log: podman logs fairlead-agent/)
    await online()
    await until(async () => (await hosts())[0]?.facts?.engine.up === true)
    const [host] = await hosts()
    assert.equal(host!.name, hostname())
    assert.equal(host!.facts!.os, /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))![1])
    assert.equal(host!.facts!.engine.name, 'podman')
    await until(async () => (await owned.owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text.includes('neighbour'))
  })

  it('may look at the host and change nothing there, and is not to be stopped from its own console', async () => {
    for (const place of ['/host/fairlead-was-here', '/usr/fairlead-was-here'])
      await assert.rejects(ask('exec', 'fairlead-agent', 'touch', place), /Read-only file system/)
    assert.match(await ask('exec', 'fairlead-agent', 'cat', '/proc/self/status'), /^CapEff:\t0000000000000000$/m)
    const [host] = await hosts()
    const stopped = await owned.owner.ask('POST', `/api/v1/hosts/${host!.id}/containers/fairlead-agent/stop`)
    assert.equal(stopped.status, 403, stopped.text)
    const restart = await ask('inspect', '-f', '{{.HostConfig.RestartPolicy.Name}}', 'fairlead-agent')
    assert.equal(restart.trim(), 'always', 'the word that podman-restart.service looks for')
  })

  it('is repaired by its line as the same host', { timeout: 120_000 }, async () => {
    const [before] = await hosts()
    const id = await ask('inspect', '-f', '{{.Id}}', 'fairlead-agent')
    const { code, said } = await paste('--base debian-of-ours:1')
    assert.equal(code, 0, said)
    assert.match(said, /the image is the newest one already/)
    assert.notEqual(await ask('inspect', '-f', '{{.Id}}', 'fairlead-agent'), id)
    await online()
    assert.deepEqual(
      (await hosts()).map((host) => host.id),
      [before!.id],
    )
  })

  it('goes without a trace, and takes nothing of anybody with it [security 157]', { timeout: 60_000 }, async () => {
    const { code, said } = await paste('--uninstall')
    assert.equal(code, 0, said)
    assert.match(said, /removed:\n {2}the container fairlead-agent\n {2}the image fairlead-agent\n {2}the volume fairlead-agent\n/)
    assert.equal(await left(), '')
    assert.equal((await ask('inspect', '-f', '{{.State.Running}}', 'neighbour')).trim(), 'true')
  })
})
