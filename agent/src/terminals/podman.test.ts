import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Client } from '@fairlead/protocol/contract.ts'
import { terminals } from '@fairlead/protocol/features/terminals.ts'
import { msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { pair } from '@fairlead/protocol/wire/pair.ts'
import { openClient, serveFeatures } from '@fairlead/protocol/wire/rpc.ts'
import { openSession } from '@fairlead/protocol/wire/session.ts'
import type { TestEngine } from '../../../e2e/engine.ts'
import { answers, readUntil } from '../../../e2e/fleet/terminal.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { startPodman } from '../../../e2e/podman.ts'
import { openEngine, type Engine } from '../docker/engine.ts'
import { serveTerminals } from './terminals.ts'

// Podman's exec has an accent of its own: what a resize answers, when a shell that nobody holds any more ends, what HEAD finds.
describe('a terminal in a container of a real Podman', need('podman', 'busybox'), () => {
  let real: TestEngine
  let engine: Engine
  let client: Client<typeof terminals>
  before(async () => {
    real = await startPodman()
    engine = openEngine(real.socket)
    client = overWire(serveTerminals(engine))
    await real.run('web', ['sleep', '1000'])
  })
  after(async () => {
    engine?.close()
    await real?.stop()
  })

  it('finds a shell, takes keys, answers, and knows its size from the start and after a change', async () => {
    const { id, command } = await client.open({ container: 'web', columns: 91, rows: 23 })
    assert.deepEqual(command, ['/bin/ash'])
    const end = client.attach({ id })
    await answers(end, 20, 22)
    await end.send(Buffer.from('stty size\n'))
    await readUntil(end, /\n23 91/)
    end.signal('resize', [120, 40])
    await until(async () => (await client.list({}))[0]?.columns === 120)
    await end.send(Buffer.from('sleep 0.2; stty size\n'))
    await readUntil(end, /\n40 120/)
    await client.close({ id })
  })

  it('is there for who comes back, with what it showed and what it does next', async () => {
    const { id } = await client.open({ container: 'web', command: ['/bin/sh'] })
    const first = client.attach({ id })
    await answers(first, 20, 22)
    first.close()
    await until(async () => (await client.list({}))[0]?.viewers === 0)
    const again = client.attach({ id })
    await readUntil(again, /\n42/)
    await answers(again, 30, 33)
    await client.close({ id })
  })

  it('tells the exit code of its program', async () => {
    const { id } = await client.open({ container: 'web', command: ['/bin/sh', '-c', 'read x; echo bye $x; exit 7'] })
    const end = client.attach({ id })
    const exit = new Promise((resolve) => end.onSignal(({ kind, value }) => kind === 'exit' && resolve(value)))
    await end.send(Buffer.from('now\n'))
    let text = ''
    for await (const bytes of end) text += Buffer.from(bytes).toString()
    assert.match(text, /bye now/)
    assert.equal(await exit, 7)
    assert.equal((await client.list({})).find((one) => one.id === id)?.exitCode, 7)
    await client.close({ id })
  })

  it('ends its shell, and what runs in it, when it is closed', async () => {
    const { id } = await client.open({ container: 'web', command: ['/bin/sh'] })
    const end = client.attach({ id })
    await answers(end, 1, 2)
    await end.send(Buffer.from('sleep 500\n'))
    const running = async () => (JSON.parse((await real.api('GET', '/containers/web/top')).body) as { Processes: string[][] }).Processes
    await until(async () => (await running()).length === 3)
    await client.close({ id })
    await until(async () => (await running()).length === 1)
    assert.deepEqual(await client.list({}), [])
  })

  it('ends with its container', async () => {
    await real.run('short', ['sleep', '1000'])
    const { id } = await client.open({ container: 'short', command: ['/bin/sh'] })
    const end = client.attach({ id })
    await answers(end, 4, 5)
    await real.api('DELETE', '/containers/short?force=1')
    for await (const _bytes of end) continue
    assert.equal(typeof (await client.list({})).find((one) => one.id === id)?.exitCode, 'number')
    await client.close({ id })
  })
})

/** Over two real ends of the wire: a terminal goes both ways, and signals between its bytes. */
function overWire(handlers: ReturnType<typeof serveTerminals>): Client<typeof terminals> {
  const link = pair()
  const common = { codec: msgpackCodec, clock: systemClock }
  openSession(link.left, { ...common, side: 'agent', onOpen: serveFeatures({ terminals }, { terminals: handlers }) })
  const hub = openSession(link.right, { ...common, side: 'hub', onOpen: () => undefined })
  return openClient(() => hub, { terminals }, { decodeReply: msgpackCodec.decodeReply, randomBytes: (n) => randomBytes(n) }).terminals
}
