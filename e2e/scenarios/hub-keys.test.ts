import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeEpoch } from '@fairlead/protocol/epoch.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { parseJoin, toBase64Url } from '@fairlead/protocol/join.ts'
import { nodeSuite, rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { enrol } from '@fairlead/agent/enrol.ts'
import { readProxies } from '@fairlead/agent/proxy.ts'
import { hubCommand } from '../fleet/command.ts'
import { invite } from '../fleet/console.ts'
import { openLightAgents, type LightAgent } from '../fleet/many.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { until } from '../fleet/until.ts'

// A real hub with its commands, and real agents: whatever becomes of the hub's key, nobody touches a host.
describe('a fleet whose hub goes on with another key', () => {
  let owned: OwnedHub
  const agents: LightAgent[] = []
  const light = openLightAgents()
  const hosts = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as Host[]
  const online = async () => (await hosts().catch(() => [])).filter((host) => host.online).length
  const identity = async (args: readonly string[], input = '') => {
    const { code, out, err } = await hubCommand(['identity', ...args], { env: { FAIRLEAD_DATA_DIR: owned.hub.dataDir }, input })
    return { code, err, said: JSON.parse(out === '' ? '{}' : out) as Record<string, never> }
  }
  const rotate = async () => {
    const { code, err, said } = await identity(['rotate', '--overlap', '0d', '--json'])
    assert.equal(code, 0, err)
    return Number(said['number'])
  }
  let ids: string[]

  before(async () => {
    owned = await startOwnedHub()
    for (let n = 0; n < 10; n++) agents.push(await light.enrol(`host-${n}`, await invite(owned.owner, owned.address)))
  })
  after(async () => {
    await light.close()
    await owned?.stop()
  })

  it('waits with it for hosts that never came with an agent that could follow', async () => {
    const { code, err } = await identity(['rotate'])
    assert.equal(code, 73, err)
    assert.match(err, /10 hosts were never here with an agent that follows to another key: host-0, .*--force/)
    for (const agent of agents) await agent.start()
    await until(async () => (await online()) === 10)
    await until(async () => (await identity(['show', '--json'])).said['cannot']?.['length'] === 0)
    ids = (await hosts()).map(({ id }) => id).sort()
  })

  it(
    'follows it over several keys, also who was away all the while, and nobody is enrolled again [security 38]',
    { timeout: 180_000 },
    async () => {
      const away = agents[9]!
      await away.stop()
      await until(async () => (await online()) === 9)
      // No overlap at all: as it is once that is over, and the host comes back after days.
      assert.equal(await rotate(), 2)
      await until(() => agents.slice(0, 9).every(({ pin }) => pin.number === 2))
      assert.equal(await rotate(), 3)
      await until(() => agents.slice(0, 9).every(({ pin }) => pin.number === 3))
      await until(async () => (await online()) === 9)
      await owned.hub.restart('SIGKILL')
      assert.equal(away.pin.number, 1)
      await away.start()
      await until(async () => (await online()) === 10)
      const { said } = await identity(['show', '--json'])
      for (const { pin } of agents) assert.equal(toBase64Url(pin.hubKey), said['key'])
      assert.deepEqual((await hosts()).map(({ id }) => id).sort(), ids)
      const { rows } = (await owned.owner.ask('GET', '/api/v1/audit?filter=hub.rotate-identity')).body as { rows?: unknown[] }
      assert.equal(rows?.length, 2)
    },
  )

  it('has lines of before that still lead in, and new ones that name the newest key', async () => {
    const line = await invite(owned.owner, owned.address)
    const number = await rotate()
    const late = await light.enrol('late', line)
    assert.deepEqual([late.pin.number, late.pin.address], [number, owned.address])
    agents.push(late)
    await late.start()
    await until(async () => (await online()) === 11)
    const { said } = await identity(['show', '--json'])
    assert.equal(toBase64Url(parseJoin(await invite(owned.owner, owned.address)).hubKey), said['key'])
  })

  it('refuses a hub that holds a key which was given up, whatever it says [security 31 38]', async () => {
    // An invitation whose line names a key that no statement leads to, at the very hub.
    const { tokenId, secret, address } = parseJoin(await invite(owned.owner, owned.address))
    const forged = ['flj1', tokenId, toBase64Url(secret), toBase64Url(new Uint8Array(32).fill(7)), toBase64Url(Buffer.from(address))].join(
      '.',
    )
    const stateDir = mkdtempSync('/var/tmp/fairlead-forged-')
    await assert.rejects(
      enrol({ stateDir, name: 'x', proxies: readProxies({}) }, forged, () => undefined),
      {
        code: 'unauthenticated',
        message: /does not prove that it may: it does not know the pinned key/,
      },
    )
    rmSync(stateDir, { recursive: true })
  })

  it('comes back when the hub’s key is lost and the owner’s names another [security 38]', { timeout: 180_000 }, async () => {
    const made = await identity(['owner-key', '--json'])
    assert.equal(made.code, 0, made.err)
    const text = String(made.said['ownerKey'])
    assert.equal((await identity(['owner-key'])).code, 73)
    // Kept nowhere: not in the data folder, not in the log.
    const secret = text.split('.')[2]!
    assert.ok(!readFileSync(join(owned.hub.dataDir, 'hub-key.pem'), 'utf8').includes(secret) && !owned.hub.output.includes(secret))
    await owned.hub.restart('SIGTERM')
    // Whoever tried while the hub was away waits for up to a minute before the next try.
    await until(() => agents.every(({ pin }) => pin.owner !== undefined), 90)
    // As a site whose power fails with the hub's: all of it starts again.
    for (const agent of agents) await agent.stop()
    await owned.hub.end('SIGTERM')
    // Whoever stole the key told the hosts of an epoch that no other is beyond.
    const stolen = createPrivateKey(readFileSync(join(owned.hub.dataDir, 'hub-key.pem')))
    const publicKey = rawPublicKey(createPublicKey(stolen))
    for (const { stateDir, pin } of agents)
      writeFileSync(
        join(stateDir, 'epoch'),
        `${toBase64Url(pin.hub!)} ${makeEpoch(nodeSuite(crypto), { privateKey: stolen, publicKey }, 999_999_999_999_999)}\n`,
      )
    rmSync(join(owned.hub.dataDir, 'hub-key.pem'))
    const wrong = await identity(['adopt'], `${text.slice(0, -1)}\n`)
    assert.equal(wrong.code, 64, wrong.err)
    const { code, err, said } = await identity(['adopt', '--json'], `${text}\n`)
    assert.equal(code, 0, err)
    await owned.hub.again()
    for (const agent of agents) await agent.start()
    await until(async () => (await online()) === 11, 90)
    for (const { pin, stateDir, said: words } of agents) {
      assert.equal(pin.number, Number(said['number']))
      assert.doesNotMatch(readFileSync(join(stateDir, 'epoch'), 'utf8'), /999999999999999/)
      assert.ok(!words.some((line) => line.includes('took over')), words.at(-1))
    }
    await rotate()
    await until(() => agents.every(({ pin }) => pin.number === Number(said['number']) + 1))
  })
})
