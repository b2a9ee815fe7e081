import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fakeClock } from './clock.ts'
import { msgpackCodec } from './codec.ts'
import { limits } from './limits.ts'
import { pair } from './pair.ts'
import { relay } from './relay.ts'
import { openSession, type WireStream } from './session.ts'

interface Said {
  readonly kind: string
  readonly value: unknown
}

/** Two ends of one link: what the left one opens, and what the right one got. */
function twoEnds() {
  const clock = fakeClock()
  const link = pair({ clock })
  const opened: WireStream[] = []
  const left = openSession(link.left, { side: 'agent', codec: msgpackCodec, clock, onOpen: () => undefined })
  openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: (stream) => void opened.push(stream) })
  return { clock, left, opened }
}

// An end that opens a stream and says its size at once was not heard: whoever answers has to look up who asks first.
describe('signals that come before anybody listens', () => {
  it('are heard by who listens first, in order, and those that come later too', async () => {
    const { clock, left, opened } = twoEnds()
    const near = left.open('x', {})
    near.sendSignal('resize', [80, 24])
    near.sendSignal('write', true)
    await clock.advance(50)
    const heard: Said[] = []
    opened[0]!.onSignal = (kind, value) => heard.push({ kind, value })
    near.sendSignal('resize', [90, 30])
    await clock.advance(50)
    assert.deepEqual(heard, [
      { kind: 'resize', value: [80, 24] },
      { kind: 'write', value: true },
      { kind: 'resize', value: [90, 30] },
    ])
    opened[0]!.onSignal = () => assert.fail('heard twice')
  })

  it('are the newest, so many of them [limit heldSignals]', async () => {
    const { clock, left, opened } = twoEnds()
    const near = left.open('x', {})
    for (let n = 0; n < limits.heldSignals + 2; n++) near.sendSignal('resize', n)
    near.sendSignal('working', null)
    await clock.advance(50)
    const heard: unknown[] = []
    opened[0]!.onSignal = (_kind, value) => heard.push(value)
    assert.deepEqual(
      heard,
      Array.from({ length: limits.heldSignals }, (_, n) => n + 2),
    )
  })

  it('pass a relay in their places among the bytes, both ways, whatever came before it was joined', async () => {
    const viewer = twoEnds()
    const host = twoEnds()
    const near = viewer.left.open('x', {})
    await viewer.clock.advance(0)
    const far = host.left.open('x', {})
    const play = async (stream: WireStream, name: string) => {
      stream.sendSignal('mark', `${name} 0`)
      await stream.write(Buffer.from(`${name}a`))
      stream.sendSignal('mark', `${name} 2`)
      await stream.write(Buffer.from(`${name}b`))
      stream.sendSignal('mark', `${name} 4`)
    }
    await play(near, 'n')
    await host.clock.advance(0)
    host.opened[0]!.head({ mode: 'bytes' })
    await play(host.opened[0]!, 'f')
    await viewer.clock.advance(0)
    await host.clock.advance(0)
    const [atHost, atViewer] = [listen(host.opened[0]!), listen(near)]
    void relay(viewer.opened[0]!, far)
    for (let n = 0; n < 5; n++) {
      await viewer.clock.advance(20)
      await host.clock.advance(20)
    }
    assert.deepEqual(atHost, [
      ['n 0', 0],
      ['n 2', 2],
      ['n 4', 4],
    ])
    assert.deepEqual(atViewer, [
      ['f 0', 0],
      ['f 2', 2],
      ['f 4', 4],
    ])
  })
})

/** Each signal with the bytes that had come before it. */
function listen(stream: WireStream): [unknown, number][] {
  const heard: [unknown, number][] = []
  stream.onSignal = (_kind, value) => heard.push([value, stream.receivedBytes])
  return heard
}
