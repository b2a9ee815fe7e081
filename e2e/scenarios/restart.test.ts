import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createLogReader } from '../fleet/log.ts'
import { startOne, type One } from '../fleet/one.ts'
import { readUntil } from '../fleet/terminal.ts'
import { need } from '../need.ts'

const lines = 1_000_000
// 99 digits and what seq would write: 100 MB in all. It stays: of a container that has ended a log says so, and a quick one has before it is read.
const program = ['sh', '-c', `busybox awk 'BEGIN{for(i=1;i<=${lines};i++)printf "%0100d\\n",i}'; exec sleep 1000`]

describe('a hub that dies in the middle of work', need('dockerd', 'busybox'), () => {
  let one: One

  before(async () => {
    one = await startOne()
  })
  after(() => one?.stop())

  it('leaves a log of 100 MB whole, byte by byte, and a terminal alive [security 158]', { timeout: 300_000 }, async () => {
    const hash = createHash('sha256')
    for (let line = 1; line <= lines; line++) hash.update(String(line).padStart(100, '0'))
    await one.engine.run('talker', program)
    await one.engine.run('shell', ['sleep', '1000'])
    const { terminals } = (await one.owner.open()).onHost('alpha')
    const { id } = await terminals.open({ container: 'shell', command: ['/bin/sh'] })
    const typing = terminals.attach({ id })
    await typing.send(Buffer.from('here=$$; echo pid $((here))\n'))
    await readUntil(typing, /\npid \d+/)

    const log = createLogReader()
    for (const killAt of [lines / 5, lines / 2, lines]) {
      const session = await one.owner.open()
      await log.read(session.onHost('alpha'), 'talker', (reader) => reader.lines >= killAt)
      if (killAt === lines) break
      await one.hub.restart('SIGKILL')
      await one.back()
    }
    assert.deepEqual(log.notices, [])
    assert.equal(log.lines, lines)
    assert.equal(log.bytes, lines * 100)
    assert.equal(log.digest(), hash.digest('hex'))

    const again = await one.owner.open()
    const back = again.onHost('alpha').terminals.attach({ id })
    await back.send(Buffer.from('test $here = $$ && echo same $((20+22))\n'))
    await readUntil(back, /\nsame 42/)
    again.close()
  })
})
