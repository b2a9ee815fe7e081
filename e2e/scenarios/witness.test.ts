import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { AuditRow, TrailState } from '@fairlead/protocol/features/audit.ts'
import { invite } from '../fleet/console.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { rewriteTrail } from '../fleet/stolen.ts'
import { until } from '../fleet/until.ts'

const root = join(import.meta.dirname, '../..')
const quiet = () => undefined

describe('a trail that is rewritten on a stolen hub', () => {
  let owned: OwnedHub
  const agents: AgentProcess[] = []
  before(async () => {
    owned = await startOwnedHub()
    for (const name of ['alpha', 'beta'])
      agents.push(await startAgent(await invite(owned.owner, owned.address), '/nowhere/engine.sock', { name }))
  })
  after(async () => {
    for (const agent of agents) await agent.stop()
    await owned?.stop()
  })

  const state = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/audit/state')).text) as TrailState
  const fileOf = (name: string, text: string) => {
    const file = join(agents[0]!.stateDir, name)
    writeFileSync(file, text)
    return file
  }
  const verify = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'hub/src/main.ts'), 'audit', 'verify', ...args], { encoding: 'utf8', timeout: 30_000 })
  const witness = ({ stateDir }: AgentProcess) =>
    spawnSync(process.execPath, [join(root, 'agent/src/main.ts'), 'witness'], {
      encoding: 'utf8',
      timeout: 30_000,
      env: { PATH: process.env['PATH'], FAIRLEAD_STATE_DIR: stateDir },
    })
  const exported = async () => (await owned.owner.ask('GET', '/api/v1/audit/export.ndjson')).text

  it('is reported by the verifier and by every host, and the hub goes on [security 136]', async () => {
    await until(async () => (await owned.owner.ask('GET', '/api/v1/hosts')).text.match(/"online":true/g)?.length === 2)
    const before = fileOf('before.ndjson', await exported())
    await until(async () => (await state()).witnesses === 2)
    assert.deepEqual((await state()).contradicting, [])
    const kept = witness(agents[0]!)
    assert.equal(kept.status, 0, kept.stderr)
    const note = fileOf('note', kept.stdout)
    assert.equal(verify(before, '--witness', note).status, 0)

    await owned.hub.end('SIGTERM')
    await rewriteTrail(owned.hub.dataDir)
    await owned.hub.again()
    await until(async () => (await state()).contradicting.length === 2)
    assert.deepEqual((await state()).contradicting.map(({ hostName, why }) => `${hostName} ${why}`).sort(), [
      'alpha changed',
      'beta changed',
    ])
    for (const agent of agents) {
      await until(async () => agent.output.includes('the hub contradicts what this host saw of its audit trail'))
      assert.equal(witness(agent).status, 73)
    }
    assert.match(owned.hub.output, /a host saw another audit trail than this hub has/)
    // In itself the forgery is whole: only who saw the trail before can tell.
    const forged = fileOf('forged.ndjson', await exported())
    assert.equal(verify(forged).status, 0)
    const report = verify(forged, '--witness', note)
    assert.equal(report.status, 73)
    assert.match(report.stdout, /saw another trail at row \d+: it was rewritten since/)
    const looked = JSON.parse((await owned.owner.ask('GET', '/api/v1/audit/verify')).text) as { ok: boolean; why: string }
    assert.deepEqual([looked.ok, looked.why], [false, 'witness'])
    // It goes on serving, and the trail has it.
    await until(async () => JSON.stringify(await rows()).includes('"verb":"audit.contradict"'))
    assert.equal((await owned.owner.ask('PATCH', '/api/v1/organization', { body: { name: 'Still here' } })).status, 200)
  })

  const rows = async () => (JSON.parse((await owned.owner.ask('GET', '/api/v1/audit?limit=500')).text) as { rows: AuditRow[] }).rows
})

describe('where the trail is sent on to', () => {
  it('is said by a file alone; a killed hub misses no row, and nobody can ask for another place [security 137]', async () => {
    const seqs: number[] = []
    const receiver = createServer({ allowHalfOpen: false }, (socket) => {
      let text = ''
      socket.on('error', quiet).on('data', (data: Buffer) => (text += data.toString('latin1')))
      socket.on('end', () => seqs.push(...[...text.matchAll(/"seq":(\d+),/g)].map(([, seq]) => Number(seq))))
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const file = join('/var/tmp', `fairlead-sinks-${process.pid}.json`)
    const sink = { kind: 'syslog', name: 'siem', address: `tcp://127.0.0.1:${(receiver.address() as AddressInfo).port}` }
    writeFileSync(file, JSON.stringify({ sinks: [sink] }))
    const owned = await startOwnedHub({ env: { FAIRLEAD_AUDIT_SINKS: file } })
    try {
      const rename = (n: number) => owned.owner.ask('PATCH', '/api/v1/organization', { body: { name: `Name ${n}` } })
      for (let n = 0; n < 20; n++) await rename(n)
      await owned.hub.end('SIGKILL')
      await owned.hub.again()
      for (let n = 20; n < 25; n++) await rename(n)
      const state = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/audit/state')).text) as TrailState
      await until(async () => (await state()).sinks[0]?.behind === 0 && seqs.length >= 25)
      const { rows } = JSON.parse((await owned.owner.ask('GET', '/api/v1/audit?limit=500')).text) as { rows: AuditRow[] }
      assert.deepEqual(
        [...new Set(seqs)].sort((a, b) => a - b),
        rows.map(({ seq }) => seq).sort((a, b) => a - b),
      )
      for (const [verb, path] of [
        ['PUT', '/api/v1/audit/sinks'],
        ['POST', '/api/v1/audit/sinks'],
        ['PATCH', '/api/v1/audit'],
        ['DELETE', '/api/v1/audit/sinks/siem'],
      ] as const)
        assert.equal((await owned.owner.ask(verb, path, { body: { address: 'tcp://127.0.0.1:1', path: '/etc/passwd' } })).status, 404, path)
      assert.equal(readFileSync(file, 'utf8'), JSON.stringify({ sinks: [sink] }))
    } finally {
      await owned.stop()
      receiver.close()
    }
  })
})
