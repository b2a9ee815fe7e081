import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { hubCommand } from '../fleet/command.ts'
import { invite } from '../fleet/console.ts'
import { openFaultProxy, type FaultProxy } from '../fleet/faultproxy.ts'
import { openEvilHub, type EvilHub } from '../fleet/evil-hub.ts'
import { openLightAgents, type LightAgent } from '../fleet/many.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { until } from '../fleet/until.ts'

const main = join(import.meta.dirname, '../../agent/src/main.ts')

// A real hub with two ways to it, and somebody else at an address between them.
describe('a host whose hub has more than one address', () => {
  const light = openLightAgents()
  const target = { host: '127.0.0.1', port: 0 }
  let [first, second]: (FaultProxy | undefined)[] = []
  let impostor: EvilHub
  let owned: OwnedHub
  let agent: LightAgent
  const addressOf = ({ port }: { readonly port: number }) => `https://127.0.0.1:${port}`
  const online = async () =>
    (JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as Host[]).filter((host) => host.online).length === 1
  // Beside this process, in which the agent and the ways to the hub are. It ends with what is wrong: here is no engine.
  const cli = (...argv: string[]) =>
    new Promise<string>((resolve) => {
      const env = { PATH: process.env['PATH'], FAIRLEAD_STATE_DIR: agent.stateDir, FAIRLEAD_ENGINE: '/nowhere.sock' }
      execFile(process.execPath, [main, ...argv], { env }, (_error, stdout) => resolve(stdout))
    })

  before(async () => {
    first = await openFaultProxy(target)
    second = await openFaultProxy(target)
    impostor = await openEvilHub()
    owned = await startOwnedHub({ env: { FAIRLEAD_STANDBY_URLS: `${impostor.address} ${addressOf(second)}/` } })
    target.port = owned.hub.httpsPort
    agent = await light.enrol('alpha', await invite(owned.owner, addressOf(first)))
  })
  after(async () => {
    await light.close()
    await owned?.stop()
    await impostor?.close()
    await first?.close()
    await second?.close()
  })

  it('has all of them on its disk from its enrolment on', async () => {
    assert.equal(agent.pin.address, addressOf(first!))
    assert.deepEqual(agent.pin.standby, [impostor.address, addressOf(second!)])
    await agent.start()
    await until(online)
    assert.ok(second!.accepted === 0)
  })

  it(
    'comes back over another one when the first is gone, and passes by whoever is not its hub [security 31]',
    { timeout: 120_000 },
    async () => {
      await first!.close()
      first = undefined
      await until(() => second!.accepted > 0 && agent.said.some((line) => line.includes('does not hold the key that was pinned')))
      await until(online)
      const shown = agent.said.filter((line) => line.includes('link up')).length
      // A restart finds it as well: by what is on its disk.
      await agent.stop()
      await until(async () => !(await online()))
      await agent.start()
      await until(online)
      assert.equal(agent.said.filter((line) => line.includes('link up')).length, shown + 1)
    },
  )

  it('says where it looks', async () => {
    assert.match(await cli('doctor'), new RegExp(`look +standby +${impostor.address}: .*\n.*\nok +standby +${addressOf(second!)} answers`))
    assert.match(await cli('link'), new RegExp(`Hub: +${addressOf(second!)}`))
    assert.match(await cli('status'), new RegExp(`It may also be at ${impostor.address}, ${addressOf(second!)}\\.`))
  })

  it('is told of no address that no agent could dial', async () => {
    for (const [urls, why] of [
      ['hub-2.example', /FAIRLEAD_STANDBY_URLS holds "hub-2\.example", which no agent could dial/],
      ['http://hub-2.example', /holds "http:\/\/hub-2\.example"/],
      [Array.from({ length: 9 }, (_, n) => `https://h${n}`).join(), /holds 9 addresses; 8 is the most/],
    ] as const) {
      const { out } = await hubCommand(['doctor'], { env: { FAIRLEAD_DATA_DIR: owned.hub.dataDir, FAIRLEAD_STANDBY_URLS: urls } })
      assert.match(out, why)
    }
  })
})
