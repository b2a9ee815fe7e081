import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startOne, type One } from '../fleet/one.ts'
import { answers, openShell, readUntil } from '../fleet/terminal.ts'
import { need } from '../need.ts'

// A terminal belongs to its host: whoever watches, and the hub itself, may go.
describe('a terminal on a host', need('dockerd', 'busybox'), () => {
  let one: One

  before(async () => {
    one = await startOne()
    await one.engine.run('web', ['sh', '-c', 'sleep 1000'])
  })
  after(() => one?.stop())

  it('lives through the death of the hub with its viewer attached, and takes keys again', { timeout: 120_000 }, async () => {
    const session = await one.owner.open()
    const { id } = await openShell(session.onHost('alpha'), 'web')
    await one.hub.restart('SIGKILL')
    await one.back()
    const again = await one.owner.open()
    const second = again.onHost('alpha').terminals.attach({ id })
    await readUntil(second, /\n42/)
    await answers(second, 30, 33)
    const listed = await again.onHost('alpha').terminals.list({})
    assert.equal(listed[0]?.viewers, 1)
    await again.onHost('alpha').terminals.close({ id })
    again.close()
  })

  it('is refused when the host holds sixteen', async () => {
    const session = await one.owner.open()
    const { terminals } = session.onHost('alpha')
    const ids: string[] = []
    for (let n = 0; n < 16; n++) ids.push((await terminals.open({ container: 'web', command: ['/bin/sh'] })).id)
    await assert.rejects(terminals.open({ container: 'web', command: ['/bin/sh'] }), /already holds 16 terminals/)
    for (const id of ids) await terminals.close({ id })
    assert.deepEqual(await terminals.list({}), [])
    session.close()
  })

  it('ends with its program, and with its container', { timeout: 60_000 }, async () => {
    const session = await one.owner.open()
    const { terminals, containers } = session.onHost('alpha')
    const ends = async (id: string, act: (end: ReturnType<typeof terminals.attach>) => unknown) => {
      const end = terminals.attach({ id })
      const exit = new Promise((resolve) => end.onSignal(({ kind, value }) => kind === 'exit' && resolve(value)))
      await act(end)
      for await (const _bytes of end) continue
      return exit
    }
    const { id: shell } = await terminals.open({ container: 'web', command: ['/bin/sh', '-c', 'read x; exit 7'] })
    assert.equal(await ends(shell, (end) => end.send(Buffer.from('\n'))), 7)
    await one.engine.run('short', ['sh', '-c', 'sleep 1000'])
    const { id: gone } = await terminals.open({ container: 'short', command: ['/bin/sh'] })
    assert.equal(typeof (await ends(gone, () => containers.remove({ id: 'short', force: true }))), 'number')
    for (const { id } of await terminals.list({})) await terminals.close({ id })
    session.close()
  })
})
