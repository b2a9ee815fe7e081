import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import type { WebSocket } from 'ws'
import { invite } from '../fleet/console.ts'
import { dripRequest, sayAtTheDoor, sendHalfABody } from '../fleet/evil.ts'
import { openFaultProxy, type FaultProxy } from '../fleet/faultproxy.ts'
import { createLogReader } from '../fleet/log.ts'
import { startOne, type One } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const flips = 40

describe('a hub among enemies', need('dockerd', 'busybox'), () => {
  let one: One
  let bent: AgentProcess
  let proxy: FaultProxy
  const residentBytes = () => Number(readFileSync(`/proc/${one.hub.process.pid}/statm`, 'utf8').split(' ')[1]) * 4096
  const online = async (name: string) => (await one.hosts()).some((host) => host.name === name && host.online)

  before(async () => {
    one = await startOne({ name: 'healthy' })
    // Not TLS: then it is the sealed link itself that must find what was changed.
    proxy = await openFaultProxy({ host: '127.0.0.1', port: Number(new URL(one.hub.url).port) })
    bent = await startAgent(await invite(one.owner, `http://127.0.0.1:${proxy.port}`), one.engine.socket, { name: 'bent' })
    await one.back('bent')
  })
  after(async () => {
    await bent?.stop()
    await proxy?.close()
    await one?.stop()
  })

  it(
    'bytes changed on the way end the link and nothing else: every line comes once and unchanged [security 167]',
    { timeout: 240_000 },
    async () => {
      const lines = 40_000
      await one.engine.run('talker', ['busybox', 'awk', `BEGIN{for(i=1;i<=${lines};i++)printf "%0100d\\n",i}`])
      await until(async () => (await one.owner.ask('GET', '/api/v1/fleet/container?filter=name:talker')).text.includes('exited'))
      const accepted = proxy.accepted
      const log = createLogReader()
      proxy.faults.flipEveryBytes = 64 * 1024
      // A resumed stream begins with more than one flip lets through: so many losses, then the way is clean.
      const counting = setInterval(() => {
        if (proxy.accepted - accepted >= flips) proxy.faults.flipEveryBytes = 0
      }, 20)
      const enough = () => log.lines === lines
      while (!enough()) {
        const session = await one.owner.open()
        await log.read(session.onHost('bent'), 'talker', enough).catch(() => until(() => online('bent')))
        session.close()
      }
      clearInterval(counting)
      assert.ok(proxy.accepted - accepted >= flips)
      assert.deepEqual(log.notices, [])
      assert.equal(log.bytes, lines * 100)
      assert.equal(log.last, String(lines).padStart(100, '0'))
      assert.equal(bent.process.exitCode, null)
      assert.doesNotMatch(one.hub.output, /"level":"error"/)
    },
  )

  it(
    'what no agent says is closed with a code, costs little memory, and leaves others alone [security 18 167]',
    { timeout: 120_000 },
    async () => {
      const before_ = residentBytes()
      const attacks: Record<string, (socket: WebSocket) => void> = {
        noise: (socket) => socket.send(randomBytes(96)),
        empty: (socket) => socket.send(Buffer.alloc(0)),
        text: (socket) => socket.send('{"hello":1}'),
        large: (socket) => socket.send(Buffer.alloc(limits.messageBytes + 1)),
        huge: (socket) => socket.send(Buffer.alloc(2 * 1024 * 1024)),
        nested: (socket) => socket.send(Buffer.alloc(4000, 0x91)),
        mute: () => undefined,
        pieces: (socket) => {
          for (let n = 0; n < 2000; n++) socket.send(Buffer.alloc(1), { fin: false })
        },
      }
      for (const [name, attack] of Object.entries(attacks)) {
        const codes = await Promise.all(Array.from({ length: 20 }, () => sayAtTheDoor(one.hub.httpsPort, attack)))
        assert.ok(
          codes.every((code) => code !== 0),
          `${name}: ${codes.join(' ')}`,
        )
        assert.ok(await online('healthy'), name)
      }
      const grown = residentBytes() - before_
      assert.ok(grown < 64 * 1024 * 1024, `${Math.round(grown / 1024 / 1024)} MiB more`)
      const session = await one.owner.open()
      assert.ok((await session.onHost('healthy').containers.list({})).length > 0)
      session.close()
      assert.doesNotMatch(one.hub.output, /"level":"error"/)
    },
  )

  it('a request that drips in, or a body that never ends, is given up [security 167]', { timeout: 120_000 }, async () => {
    const [sent, status] = await Promise.all([dripRequest(one.hub.httpsPort, 200), sendHalfABody(one.hub.httpsPort)])
    assert.ok(sent > 0)
    assert.ok([0, 400, 408].includes(status), String(status))
    assert.ok(await online('healthy'))
  })
})
