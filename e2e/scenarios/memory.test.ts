import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openHubIdentity } from '@fairlead/hub/fleet/identity.ts'
import { enrolHosts } from '../bench/measure/hub.ts'
import { startSimulators, type Simulators } from '../bench/simulator/simulators.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { openCeiling, type Ceiling } from '../fleet/ceiling.ts'
import { createOwner, invite, type Person } from '../fleet/console.ts'
import { openWatchedLink, type WatchedLink } from '../fleet/ledger/link.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { raise } from '../fleet/storm.ts'
import { tryShell } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const MiB = 1024 * 1024
const hosts = 500
/** 1800 for the long run. */
const seconds = Number(process.env['FAIRLEAD_STORM_SECONDS'] ?? 45)
const cutMs = 15_000

// The hub with its database, and an agent as it is installed, each with no more memory than the smallest machines give.
describe('a storm over a hub of 384 MiB and an agent of 128', need('dockerd', 'busybox', 'ceiling'), () => {
  const ceilings = { hub: openCeiling(384 * MiB), agent: openCeiling(128 * MiB) } satisfies Record<string, Ceiling>
  let simulators: Simulators
  let hub: HubProcess
  let link: WatchedLink
  let engine: TestEngine
  let agent: AgentProcess
  let owner: Person

  before(
    async () => {
      simulators = await startSimulators(hosts, 1)
      hub = await startHub({ within: ceilings.hub.within })
      owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
      await hub.end('SIGTERM')
      await enrolHosts(hub.dataDir, simulators.keys)
      await hub.again()
      link = await openWatchedLink(hub.httpsPort, () => undefined)
      engine = await startEngine()
      await engine.run('quiet', ['sleep', '100000'])
      const rotated = { LogConfig: { Type: 'json-file', Config: { 'max-size': '20m', 'max-file': '2' } } }
      const shouts = ['busybox', 'awk', 'BEGIN{while(1)printf "%0100d\\n",i++}']
      await engine.run('loud', shouts, { HostConfig: { NetworkMode: 'none', NanoCpus: 200_000_000, ...rotated } })
      const program = ['--max-semi-space-size=1', join(import.meta.dirname, '../../agent/dist/agent.cjs')]
      const address = `https://127.0.0.1:${link.port}`
      agent = await startAgent(await invite(owner, address), engine.socket, { name: 'alpha', program, within: ceilings.agent.within })
      await simulators.connect({ address, hubKey: openHubIdentity(hub.dataDir).publicKey }, 150)
      await simulators.live(10, 5000)
      await back()
    },
    { timeout: 240_000 },
  )
  after(async () => {
    simulators?.stop()
    await agent?.stop()
    await link?.close()
    await engine?.stop()
    // One that was killed left its database behind.
    if (hub !== undefined && hub.process.signalCode !== null) await hub.again()
    await hub?.stop()
    for (const ceiling of Object.values(ceilings)) ceiling.close()
  })

  const back = async () => {
    await simulators.allOnline(180_000)
    await until(async () => (await owner.ask('GET', '/api/v1/hosts/alpha')).body['online'] === true, 120)
  }

  it(
    `ends neither of them, and all is as before once it is over, after ${seconds} s [security 170]`,
    { timeout: 420_000 + seconds * 1000 },
    async (t) => {
      const pids = [hub.process.pid, agent.process.pid]
      const storm = raise({ httpsPort: hub.httpsPort, owner, host: 'alpha' })
      let over = false
      const ended = Promise.race([once(hub.process, 'exit'), once(agent.process, 'exit')]).then(() => (over = true))
      for (const endMs = performance.now() + seconds * 1000; performance.now() < endMs && !over;) {
        await Promise.race([sleep(cutMs), ended])
        // All links of the fleet at once.
        link.cut()
      }
      // Who lost a hub that is gone may wait for it for ever.
      await Promise.race([storm.stop(), sleep(60_000)])
      const most = Object.fromEntries(Object.entries(ceilings).map(([name, { mostBytes }]) => [name, Math.round(mostBytes / MiB)]))
      t.diagnostic(JSON.stringify({ heard: storm.heard, mostMiB: most }))
      assert.deepEqual([ceilings.hub.killed, ceilings.agent.killed], [0, 0], 'ended by the kernel')
      assert.deepEqual([hub.process.exitCode, hub.process.signalCode], [null, null], hub.output.slice(-2000))
      assert.deepEqual([agent.process.exitCode, agent.process.signalCode], [null, null], agent.output.slice(-2000))
      assert.deepEqual([hub.process.pid, agent.process.pid], pids)
      await back()
      const session = await owner.open()
      const alpha = session.onHost('alpha')
      assert.equal((await alpha.containers.get({ id: 'quiet' })).status, 'running')
      // Those whose link was cut while they were to be closed are there still, as terminals are.
      for (const { id } of await alpha.terminals.list({})) await alpha.terminals.close({ id })
      await tryShell(alpha, 'quiet')
      session.close()
    },
  )
})
