import assert from 'node:assert/strict'
import { chownSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startEngine, type TestEngine } from '../engine.ts'
import { buildRoot, startMachine, type Machine } from '../fleet/machine.ts'
import { openNet, type Net } from '../fleet/net.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildRelease } from '../fleet/paste.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const dockerGid = 4242

// Somebody without root, on a Debian with systemd: the line leaves a unit of that person, and nothing outside their home.
describe('the line of somebody without root', need('netns', 'dockerd', 'busybox', 'nspawn'), () => {
  let net: Net
  let owned: OwnedHub
  let engine: TestEngine
  let machine: Machine

  before(async () => {
    // Without PAM's part there is no user manager, as on a Debian that nobody logs in to.
    const [base] = await Promise.all([buildRoot('bookworm', 'systemd', ',libpam-systemd'), buildRelease()])
    net = openNet(1)
    owned = await startOwnedHub({ net })
    engine = await startEngine(net.sites[0]!)
    chownSync(engine.socket, 0, dockerGid)
    machine = await startMachine({ base, where: net.sites[0]!, init: 'systemd', binds: { [engine.socket]: '/run/docker.sock' } })
    await machine.sh(`hostname of-a-person; echo '127.0.1.1 of-a-person' >> /etc/hosts; groupadd -g ${dockerGid} docker; useradd -m ada`)
    const started = await machine.sh('systemctl start user@$(id -u ada) || journalctl -n 20 --no-pager -u user@$(id -u ada)')
    assert.equal(started.said, '')
  })
  after(async () => {
    await machine?.stop()
    await engine?.stop()
    await owned?.stop()
    net?.close()
  })

  /** A shell of theirs, as after a login, which is where the user manager is told of. */
  const as = (text: string) => machine.sh('exec su ada -c "export XDG_RUNTIME_DIR=/run/user/$(id -u ada); $(cat)"', text)
  const line = async () =>
    String((await owned.owner.ask('POST', '/api/v1/invitations', { body: { address: owned.address } })).body['line']).replace(
      'sudo sh',
      'sh',
    )
  const online = async () => /"online":true/.test((await owned.owner.ask('GET', '/api/v1/hosts')).text)
  const unit = async (property: string) => (await as(`systemctl --user show -p ${property} --value fairlead-agent`)).said.trim()

  it('leaves a service of theirs, and says what it lacks: the engine, and to outlive their login', { timeout: 120_000 }, async () => {
    const { code, said } = await as(await line())
    assert.equal(code, 0, said)
    assert.match(
      said,
      /blocked \(socket\): \S+docker\.sock is closed to ada\nfairlead: fix: sudo usermod -aG docker ada, then log in again/,
    )
    assert.match(said, /note: it ends when you log out\nfairlead: fix: sudo loginctl enable-linger ada/)
    assert.match(said, /the agent \S+ runs; see it in the console\. Log: journalctl --user -u fairlead-agent/)
    await until(online, 60)
    assert.equal(await unit('ActiveState'), 'active')
    const status = (await machine.sh(`cat /proc/${await unit('MainPID')}/status`)).said
    const uid = (await machine.sh('id -u ada')).said.trim()
    assert.match(status, new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, 'm'))
    assert.match(status, /^NoNewPrivs:\t1$/m)
    assert.match(status, /^CapEff:\t0000000000000000$/m)
    for (const folder of ['opt/fairlead', 'var/lib/fairlead', 'etc/systemd/system/fairlead-agent.service'])
      assert.equal(existsSync(join(machine.root, folder)), false, folder)
  })

  it('does as it says, and serves the engine and comes back by itself from then on', { timeout: 120_000 }, async () => {
    await engine.run('app', ['sleep', '100000'])
    await machine.sh('usermod -aG docker ada; loginctl enable-linger ada')
    const before = await unit('MainPID')
    // As after a restart of the machine: everything of theirs ends, and nobody logs in.
    await machine.sh('systemctl restart user@$(id -u ada)')
    await until(async () => !['', '0', before].includes(await unit('MainPID')), 60)
    await until(async () => (await owned.owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text.includes('"app"'), 60)
    const { said } = await as(await line())
    assert.doesNotMatch(said, /blocked|it ends when you log out/)
  })

  it('goes again, of their home alone [security 157]', { timeout: 60_000 }, async () => {
    const { code, said } = await as(`cd; curl -fsSk ${owned.address}/i.sh -o i.sh && sh i.sh --uninstall`)
    assert.equal(code, 0, said)
    for (const path of ['.config/systemd/user/fairlead-agent.service', '.local/share/fairlead', '.local/state/fairlead']) {
      assert.ok(said.includes(`\n  /home/ada/${path}\n`), `${path} is not named: ${said}`)
      assert.equal(existsSync(join(machine.root, 'home/ada', path)), false, path)
    }
    assert.equal((await machine.sh('pgrep -f "fairlead/agent ru[n]"')).said, '')
    assert.match((await engine.api('GET', '/containers/app/json')).body, /"Running":true/)
  })
})
