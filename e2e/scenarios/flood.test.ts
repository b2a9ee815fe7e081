import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { createLogReader } from '../fleet/log.ts'
import { startOne, type One } from '../fleet/one.ts'
import { tryShell } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const MiB = 1024 * 1024
const slowReaders = 10

// One container that shouts, and consoles that do not keep up: everybody else must not notice.
describe('a flood', need('dockerd', 'busybox'), () => {
  let one: One
  const residentBytes = (pid: number | undefined) => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096

  before(async () => {
    one = await startOne()
    await one.engine.run('quiet', ['sleep', '1000'])
    await until(async () => (await one.owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text.includes('"quiet"'))
  })
  after(() => one?.stop())

  /** A call and a key stroke get through. */
  async function othersWork(): Promise<void> {
    const session = await one.owner.open()
    const alpha = session.onHost('alpha')
    assert.equal((await alpha.containers.get({ id: 'quiet' })).status, 'running')
    await tryShell(alpha, 'quiet')
    session.close()
  }

  it('of a log that is read as it comes leaves the agent small and others served [security 164]', { timeout: 120_000 }, async () => {
    await one.engine.run('loud', ['busybox', 'awk', 'BEGIN{while(1)printf "%0100d\\n",i++}'], {
      HostConfig: {
        NetworkMode: 'none',
        NanoCpus: 500_000_000,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '20m', 'max-file': '2' } },
      },
    })
    const session = await one.owner.open()
    const log = createLogReader()
    let enough = false
    const reading = log.read(session.onHost('alpha'), 'loud', () => enough)
    await until(() => log.lines > 100_000)
    await othersWork()
    assert.ok(residentBytes(one.agent.process.pid) < 160 * MiB, `${Math.round(residentBytes(one.agent.process.pid) / MiB)} MiB`)
    enough = true
    await reading
    session.close()
  })

  it('of a log that nobody reads stops at the source, and costs the hub no memory [security 164]', { timeout: 120_000 }, async () => {
    const before_ = residentBytes(one.hub.process.pid)
    const sessions = await Promise.all(Array.from({ length: slowReaders }, () => one.owner.open()))
    const logs = sessions.map(({ onHost }) => onHost('alpha').containers.logs({ id: 'loud', tail: 0 })[Symbol.asyncIterator]())
    // One batch each, and then nothing is taken any more.
    await Promise.all(logs.map((log) => log.next()))
    await new Promise((resolve) => setTimeout(resolve, 5000))
    await othersWork()
    const grown = residentBytes(one.hub.process.pid) - before_
    assert.ok(grown < 64 * MiB, `${Math.round(grown / MiB)} MiB for ${slowReaders} readers`)
    for (const session of sessions) session.close()
    await one.engine.api('POST', '/containers/loud/kill')
  })

  it('of containers that come and go ends with the list as the engine has it [security 166]', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 10 }, (_, n) => one.engine.run(`churn-${round}-${n}`, ['sleep', '1000'])))
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => (n < 8 ? one.engine.api('DELETE', `/containers/churn-${round}-${n}?force=1`) : undefined)),
      )
    }
    const wanted = (JSON.parse((await one.engine.api('GET', '/containers/json?all=1')).body) as { Names: string[] }[])
      .map(({ Names }) => Names[0]!.slice(1))
      .toSorted()
    await until(async () => {
      const { rows } = (await one.owner.ask('GET', '/api/v1/fleet/container?limit=200')).body as { rows: { name: string }[] }
      return JSON.stringify(rows.map(({ name }) => name).toSorted()) === JSON.stringify(wanted)
    })
    assert.equal(wanted.filter((name) => name.startsWith('churn')).length, 6)
  })
})
