import assert from 'node:assert/strict'
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startEngine, type TestEngine } from '../engine.ts'
import { assertGone } from '../fleet/gone.ts'
import { buildRoot, startMachine, type Machine } from '../fleet/machine.ts'
import { openNet, type Net } from '../fleet/net.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildRelease } from '../fleet/paste.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

interface Listed {
  readonly id: string
  readonly name: string
  readonly online: boolean
}

const dockerGid = 4242
/** Also for sudo, which asks who it is on. */
const named = (name: string) => `hostname ${name}; echo '127.0.1.1 ${name}' >> /etc/hosts`

// Debian hosts behind NAT, a hub on the internet with the certificate that it made itself, and the line as it is pasted.
describe('the line on a real Debian', need('netns', 'dockerd', 'busybox', 'nspawn'), () => {
  let net: Net
  let owned: OwnedHub
  let engine: TestEngine
  let machine: Machine
  let bare: Machine

  before(async () => {
    const [base] = await Promise.all([buildRoot(), buildRelease()])
    net = openNet(3)
    owned = await startOwnedHub({ net })
    engine = await startEngine(net.sites[0]!)
    chownSync(engine.socket, 0, dockerGid)
    machine = await startMachine({ base, where: net.sites[0]!, init: 'systemd', binds: { [engine.socket]: '/run/docker.sock' } })
    bare = await startMachine({ base, where: net.sites[1]!, init: undefined })
    await machine.sh(`groupadd -g ${dockerGid} docker; ${named('with-systemd')}`)
    await bare.sh(named('without'))
  })
  after(async () => {
    await machine?.stop()
    await bare?.stop()
    await engine?.stop()
    await owned?.stop()
    net?.close()
  })

  const line = async () => String((await owned.owner.ask('POST', '/api/v1/invitations', { body: { address: owned.address } })).body['line'])
  const hosts = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as Listed[]
  const host = async (name: string) => (await hosts()).find((one) => one.name === name)
  const online = (name: string) => until(async () => (await host(name))?.online === true)
  const sees = (container: string) =>
    until(async () => (await owned.owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text.includes(container))
  const unit = async (property: string) => (await machine.sh(`systemctl show -p ${property} --value fairlead-agent`)).said.trim()

  it('is all that it takes: a service that runs, within 30 s, with nothing to edit', { timeout: 120_000 }, async () => {
    await engine.run('app', ['sleep', '100000'])
    const startMs = performance.now()
    const { code, said } = await machine.sh(await line())
    assert.equal(code, 0, said)
    await online('with-systemd')
    assert.ok(performance.now() - startMs <= 30_000, said)
    await sees('app')
    assert.match(said, /the agent \S+ runs; see it in the console/)
    assert.equal(await unit('ActiveState'), 'active')
    assert.equal((await machine.sh('systemctl is-enabled fairlead-agent')).said.trim(), 'enabled')
    assert.match((await machine.sh('fairlead-agent status')).said, /^Hub: +Enrolled with https:\/\/203\.0\.113\.10:\d+ as host /m)
  })

  it('leaves a service behind that listens nowhere and may little [security 63]', async () => {
    const listeners = (await machine.sh('ss -Hltnp')).said.split('\n').filter((socket) => /agent|node/.test(socket))
    assert.deepEqual(listeners, [])
    const pid = await unit('MainPID')
    const status = (await machine.sh(`cat /proc/${pid}/status`)).said
    assert.match(status, /^NoNewPrivs:\t1$/m)
    assert.match(status, /^Seccomp:\t2$/m)
    // CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, and no way to others.
    assert.match(status, /^CapBnd:\t0000000000000006$/m)
    assert.match((await machine.sh(`nsenter -t ${pid} -m touch /etc/x`)).said, /Read-only file system/)
    const score = /Overall exposure level for \S+: ([\d.]+)/.exec(
      (await machine.sh('systemd-analyze security --no-pager fairlead-agent')).said,
    )
    assert.ok(score !== null && Number(score[1]) <= 5, score?.[0])
  })

  it('comes back by itself after a kill', async () => {
    const before = await unit('MainPID')
    await machine.sh(`kill -9 ${before}`)
    await until(async () => !['0', before].includes(await unit('MainPID')) && (await unit('ActiveState')) === 'active')
    await online('with-systemd')
  })

  it('repairs what somebody broke, and the host stays who it is', { timeout: 60_000 }, async () => {
    const { id } = (await host('with-systemd'))!
    await machine.sh('systemctl stop fairlead-agent; rm -rf /opt/fairlead/agent /etc/systemd/system/fairlead-agent.service')
    // Without a join string: it knows its hub.
    const { code, said } = await machine.sh(`curl -fsSk ${owned.address}/i.sh -o /root/i.sh && sh /root/i.sh < /dev/null`)
    assert.equal(code, 0, said)
    await online('with-systemd')
    assert.equal((await host('with-systemd'))!.id, id)
    assert.equal((await hosts()).length, 1)
  })

  it('runs under an account of its own that has the engine and no right of root [security 64]', { timeout: 60_000 }, async () => {
    const { id } = (await host('with-systemd'))!
    const { code, said } = await machine.sh((await line()).replace('sudo sh "$f"', 'sudo sh "$f" --least-privilege'))
    assert.equal(code, 0, said)
    await online('with-systemd')
    assert.equal((await host('with-systemd'))!.id, id)
    const status = (await machine.sh(`cat /proc/${await unit('MainPID')}/status`)).said
    const uid = (await machine.sh('id -u fairlead')).said.trim()
    assert.match(status, new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, 'm'))
    assert.match(status, /^CapBnd:\t0000000000000000$/m)
    await engine.run('app-of-least', ['sleep', '100000'])
    await sees('app-of-least')
    assert.match(
      (await machine.sh('stat -c "%U %a" /var/lib/fairlead /var/lib/fairlead/identity.pem')).said,
      /^fairlead 700\nfairlead 600\n$/,
    )
  })

  it('goes without a trace, and takes neither a container nor a file of anybody with it [security 157]', { timeout: 60_000 }, async () => {
    const started = async () => JSON.parse((await engine.api('GET', '/containers/app/json')).body).State.StartedAt as string
    const before = await started()
    mkdirSync(join(machine.root, 'opt/stacks/app'), { recursive: true })
    writeFileSync(join(machine.root, 'opt/stacks/app/compose.yaml'), 'services: {}\n')
    writeFileSync(join(machine.root, 'opt/fairlead.txt'), 'mine\n')
    const notRoot = await machine.sh('su -s /bin/sh fairlead -c "fairlead-agent uninstall --yes"')
    assert.match(notRoot.said, /Only root may do this; run it with sudo/)
    const unasked = await machine.sh('fairlead-agent uninstall')
    assert.match(unasked.said, /say --yes/)
    assert.deepEqual([notRoot.code, unasked.code], [77, 64])
    assert.equal(await unit('ActiveState'), 'active')
    await machine.sh('mkdir -p /etc/fairlead; echo "{}" > /etc/fairlead/policy.json; chmod 600 /etc/fairlead/policy.json')
    const { code, said } = await machine.sh('fairlead-agent uninstall --yes')
    assert.equal(code, 0, said)
    assert.match(said, /left \/etc\/fairlead, which is yours/)
    assert.equal(existsSync(join(machine.root, 'etc/fairlead/policy.json')), true)
    await assertGone(machine, said)
    assert.equal(await started(), before)
    assert.equal(readFileSync(join(machine.root, 'opt/stacks/app/compose.yaml'), 'utf8'), 'services: {}\n')
    assert.equal(existsSync(join(machine.root, 'opt/fairlead.txt')), true)
    const again = await machine.sh('sh /root/i.sh --uninstall')
    assert.equal(again.code, 1)
    assert.match(again.said, /nothing of an agent is in/)
  })

  it('says where nothing starts services by which command the agent runs, and that command does', { timeout: 60_000 }, async () => {
    const { code, said } = await bare.sh(await line())
    assert.equal(code, 0, said)
    const command = /run the agent in the foreground with: (\S+ run)\n/.exec(said)?.[1]
    assert.equal(command, '/opt/fairlead/fairlead-agent run')
    const running = bare.sh(`exec ${command}`)
    await online('without')
    await bare.sh('kill -TERM $(pgrep -f "fairlead/agent ru[n]")')
    await running
  })

  it('installs without root, in the home of whoever runs it', { timeout: 60_000 }, async () => {
    await bare.sh('useradd -m ada')
    const own = (await line()).replace('sudo sh', 'sh')
    const { code, said } = await bare.sh(`exec su ada -c "$(cat)"`, own)
    assert.equal(code, 0, said)
    assert.match(said, /in the foreground with: \/home\/ada\/\.local\/share\/fairlead\/fairlead-agent run\n/)
    assert.equal((await bare.sh('stat -c %U /home/ada/.local/state/fairlead/identity.pem')).said, 'ada\n')
    assert.match((await bare.sh('su ada -c "sh /home/ada/i.sh --uninstall" 2>&1 || true')).said, /cannot open|No such file/i)
  })

  it('says which library is missing, and how to get it', async () => {
    const { code, said } = await bare.sh(
      `mv /usr/lib/x86_64-linux-gnu/libstdc++.so.6 /root/; ${await line()}; r=$?; mv /root/libstdc++.so.6 /usr/lib/x86_64-linux-gnu/; exit $r`,
    )
    assert.equal(code, 1)
    assert.match(said, /blocked \(libraries\): libstdc\+\+\.so\.6 is missing\nfairlead: fix: apt-get install libstdc\+\+6/)
  })

  for (const [suite, init, name] of [
    ['bullseye', 'systemd', 'old-debian'],
    ['trixie', 'systemd', 'next-debian'],
    ['bookworm', 'openrc', 'with-openrc'],
  ] as const)
    it(`is all that it takes on ${suite} with ${init}, and takes nothing with it when it goes`, { timeout: 200_000 }, async () => {
      const other = await startMachine({ base: await buildRoot(suite, init), where: net.sites[2]!, init })
      try {
        await other.sh(named(name))
        const { code, said } = await other.sh(await line())
        assert.equal(code, 0, said)
        assert.match(said, /the agent \S+ runs; see it in the console/)
        await online(name)
        const pid = async () => (await other.sh('pgrep -f "fairlead/agent ru[n]"')).said.trim()
        const before = await pid()
        await other.sh(`kill -9 ${before}`)
        await until(async () => !['', before].includes(await pid()))
        if (init === 'systemd') assert.match((await other.sh(`cat /proc/${await pid()}/status`)).said, /^NoNewPrivs:\t1$/m)
        assert.equal((await other.sh(await line())).code, 0, 'a second time')
        assert.equal((await hosts()).filter((one) => one.name === name).length, 1)
        const gone = await other.sh(`curl -fsSk ${owned.address}/i.sh -o /root/i.sh && sh /root/i.sh --uninstall`)
        assert.equal(gone.code, 0, gone.said)
        assert.equal(await pid(), '')
        assert.equal(
          (await other.sh('ls -d /opt/fairlead /var/lib/fairlead /etc/init.d/fairlead-agent /etc/systemd/system/fairlead-agent.service'))
            .code,
          2,
        )
      } finally {
        await other.stop()
      }
    })
})
