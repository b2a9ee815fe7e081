import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FairleadError, type Code } from '@fairlead/protocol/errors.ts'
import { earlyMs, makeAttachment, mostEarly, type AttachStream, type AttachView } from './attach.ts'

/** A stream that a test plays: signals, bytes and what its viewer does, in order, then an end or a loss. */
type Step =
  | { readonly signal: readonly [string, unknown] }
  | { readonly bytes: string }
  | { readonly does: (stream: { connected: boolean }) => void }
  | { readonly lost: Code }

function play(...streams: readonly (readonly Step[])[]) {
  const opened: number[] = []
  const told: unknown[] = []
  const sent: string[] = []
  let shown = ''
  const view: AttachView = {
    write: (bytes) => void (shown += Buffer.from(bytes).toString()),
    gap: (bytes) => told.push(['gap', bytes]),
    state: (state) => told.push(state),
    writer: (is) => told.push(['writer', is]),
    size: (columns, rows) => told.push(['size', columns, rows]),
    exit: (code) => told.push(['exit', code]),
  }
  const open = async (after: number): Promise<AttachStream> => {
    opened.push(after)
    const steps = streams[opened.length - 1]
    if (steps === undefined) throw new FairleadError('not_found', 'gone')
    const stream: AttachStream & { connected: boolean } = {
      connected: true,
      onSignal: () => undefined,
      sendSignal: (kind, value) => void sent.push(`${kind} ${JSON.stringify(value)}`),
      write: async (bytes) => void sent.push(Buffer.from(bytes).toString()),
      reset: () => undefined,
      async *[Symbol.asyncIterator]() {
        for (const step of steps) {
          if ('signal' in step) stream.onSignal(...step.signal)
          else if ('bytes' in step) yield Buffer.from(step.bytes)
          else if ('does' in step) step.does(stream)
          else throw new FairleadError(step.lost, 'lost')
        }
      },
    }
    return stream
  }
  /** What the viewer does while there is no stream. */
  const between: { does: () => void } = { does: () => undefined }
  const attachment = makeAttachment(open, view, async () => between.does())
  return { attachment, opened, told, sent, between, shown: () => shown }
}

describe('an attachment to a terminal', () => {
  it('goes on after a loss where it was, and shows nothing twice', async () => {
    const { attachment, opened, shown } = play(
      [{ signal: ['position', 0] }, { bytes: 'hello ' }, { bytes: 'wor' }, { lost: 'lost' }],
      [{ signal: ['position', 4] }, { bytes: 'o wor' }, { bytes: 'ld' }, { signal: ['exit', 0] }],
    )
    await attachment.run()
    assert.deepEqual([opened, shown()], [[0, 9], 'hello world'])
  })

  it('says how much is missing when the host kept less than was written', async () => {
    const { attachment, told, shown } = play(
      [{ signal: ['position', 0] }, { bytes: 'abc' }, { lost: 'lost' }],
      [{ signal: ['position', 10] }, { bytes: 'xyz' }, { signal: ['exit', 0] }],
    )
    await attachment.run()
    assert.deepEqual(told.filter(Array.isArray), [
      ['gap', 7],
      ['exit', 0],
    ])
    assert.equal(shown(), 'abcxyz')
  })

  it('tells a lost link, a host that is away, an end and a terminal that is gone apart', async () => {
    const lost = play([{ signal: ['position', 0] }, { lost: 'lost' }], [{ lost: 'host_offline' }])
    await lost.attachment.run()
    // Nobody is told that keys arrive before the host has said a word.
    assert.deepEqual(lost.told, ['opening', 'live', 'detached', 'away', 'gone'])
    const ended = play([{ signal: ['exit', 7] }])
    await ended.attachment.run()
    assert.deepEqual(ended.told, ['opening', 'live', ['exit', 7], 'exited'])
    const refused = play([{ lost: 'forbidden' }])
    await refused.attachment.run()
    assert.equal(refused.told.at(-1), 'failed')
  })

  // It was sent with the opening once, before the hub had joined the two ends: every new shell was 80 columns wide.
  it('says how wide it is when the host has answered that it types here, anew on every link', async () => {
    const { attachment, sent } = play(
      [
        { signal: ['position', 0] },
        { signal: ['writer', true] },
        { signal: ['writer', false] },
        { signal: ['writer', true] },
        { lost: 'lost' },
      ],
      [{ signal: ['writer', false] }, { lost: 'lost' }],
      [{ signal: ['writer', true] }, { signal: ['exit', 0] }],
    )
    attachment.resize(100, 30)
    await attachment.run()
    assert.deepEqual(sent, ['resize [100,30]', 'resize [100,30]'])
  })

  it('keeps what is typed too early, and the size, for when it is there; after the end nothing is sent', async () => {
    const { attachment, sent } = play(
      [{ lost: 'host_offline' }],
      [{ signal: ['position', 0] }, { signal: ['writer', true] }, { signal: ['exit', 0] }],
    )
    attachment.resize(100, 30)
    attachment.send('l')
    attachment.send('s\n')
    await attachment.run()
    attachment.send('rm')
    assert.deepEqual(sent, ['resize [100,30]', 'ls\n'])
  })

  // They ran in whatever stood there once the other one had left.
  it('forgets what was typed early by whoever may not type, or long ago', async (context) => {
    const other = play([{ signal: ['position', 0] }, { signal: ['writer', false] }, { signal: ['writer', true] }, { signal: ['exit', 0] }])
    other.attachment.send('rm -r build\n')
    await other.attachment.run()
    assert.deepEqual(other.sent, [])
    let nowMs = 1000
    context.mock.method(performance, 'now', () => nowMs)
    for (const [waitedMs, wanted] of [
      [earlyMs - 1, ['ls\n']],
      [earlyMs, []],
    ] as const) {
      const late = play([{ signal: ['position', 0] }, { signal: ['writer', true] }, { signal: ['exit', 0] }])
      late.attachment.send('ls\n')
      nowMs += waitedMs
      await late.attachment.run()
      assert.deepEqual(late.sent, wanted)
    }
  })

  it('asks for the keyboard only where somebody hears it, and says whether it did', async () => {
    const { attachment, sent } = play([{ signal: ['position', 0] }, { signal: ['exit', 0] }])
    assert.equal(attachment.take(), false)
    await attachment.run()
    assert.equal(attachment.take(), true)
    assert.deepEqual(sent, ['write true'])
  })

  it('forgets what was typed on after a wish that the link did not live to see granted', async () => {
    const { attachment, sent, between } = play(
      [{ signal: ['position', 0] }, { signal: ['writer', false] }, { does: () => assert.equal(attachment.take(), true) }, { lost: 'lost' }],
      [{ signal: ['position', 0] }, { signal: ['writer', false] }, { signal: ['writer', true] }, { signal: ['exit', 0] }],
    )
    between.does = () => attachment.send('rm -r build\n')
    await attachment.run()
    assert.deepEqual(sent, ['write true'])
  })

  // The wish would wait with the stream, and be granted when nobody wants it any more.
  it('asks nobody for the keyboard while the link of its stream is lost', async () => {
    const { attachment, sent } = play([
      { signal: ['writer', false] },
      {
        does(stream) {
          stream.connected = false
          assert.equal(attachment.take(), false)
        },
      },
      { signal: ['exit', 0] },
    ])
    await attachment.run()
    assert.deepEqual(sent, [])
  })

  it('sends nothing of a line whose beginning is forgotten, and no more than is typing', async (context) => {
    let nowMs = 1000
    context.mock.method(performance, 'now', () => nowMs)
    const old = play([{ signal: ['writer', true] }, { signal: ['exit', 0] }])
    old.attachment.send('rm -r /srv/')
    nowMs += earlyMs - 1
    old.attachment.send('old\n')
    nowMs += 1
    await old.attachment.run()
    assert.deepEqual(old.sent, [])
    const much = play([{ signal: ['writer', true] }, { signal: ['exit', 0] }])
    for (const text of ['a'.repeat(mostEarly), 'b']) much.attachment.send(text)
    await much.attachment.run()
    assert.deepEqual(much.sent, ['a'.repeat(mostEarly)])
  })
})
