import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import type { DuplexContext } from '@fairlead/protocol/contract.ts'
import { fakeClock } from '@fairlead/protocol/wire/clock.ts'
import { createReplay } from './replay.ts'
import { createViewers, type HeldState } from './viewers.ts'

// Who types, who watches, what each gets to see. The socket stands for the shell: what it is given is what was typed.
describe('the viewers of a terminal', () => {
  it('gives the keyboard to the first, and to the next when the first leaves', async () => {
    const terminal = openTerminal()
    const first = terminal.attach()
    const second = terminal.attach()
    first.type('a')
    second.type('b')
    await settled()
    assert.equal(terminal.typed(), 'a')
    first.leave()
    await settled()
    second.type('c')
    await settled()
    assert.equal(terminal.typed(), 'ac')
    assert.deepEqual(second.told('writer'), [false, true])
  })

  it('hands it over to whoever asks', async () => {
    const terminal = openTerminal()
    const first = terminal.attach()
    const second = terminal.attach({ watch: true })
    second.signal('write', true)
    second.type('b')
    first.type('a')
    await settled()
    assert.equal(terminal.typed(), 'b')
    assert.deepEqual(first.told('writer'), [true, false])
  })

  it('does not leave it to someone who only watches', async () => {
    const terminal = openTerminal()
    const first = terminal.attach()
    const watcher = terminal.attach({ watch: true })
    first.leave()
    await settled()
    watcher.type('x')
    await settled()
    assert.equal(terminal.typed(), '')
  })

  // A hub that was killed left its viewer behind, keyboard in hand: whoever came next typed into nothing.
  it('does not keep it for one whose link is gone', async () => {
    const terminal = openTerminal()
    const gone = terminal.attach()
    gone.cut()
    const next = terminal.attach()
    next.type('b')
    await settled()
    assert.equal(terminal.typed(), 'b')
    assert.equal(terminal.viewers.count, 1)
    assert.deepEqual(gone.told('writer'), [true, false])
  })

  it('only lets the one who types resize, within 1,000 by 1,000', async () => {
    const terminal = openTerminal()
    const first = terminal.attach()
    const second = terminal.attach()
    second.signal('resize', [10, 10])
    first.signal('resize', [0, 10])
    first.signal('resize', [1001, 10])
    first.signal('resize', 'wide')
    await settled()
    assert.deepEqual([terminal.state.columns, terminal.state.rows], [80, 24])
    first.signal('resize', [120, 40])
    assert.deepEqual([terminal.state.columns, terminal.state.rows], [120, 40])
    assert.deepEqual(second.told('size').at(-1), [120, 40])
  })

  it('replays from a position, and says where it goes on when that was let go', async () => {
    const terminal = openTerminal(8)
    terminal.print('0123456789')
    const late = terminal.attach()
    const middle = terminal.attach({ after: 7 })
    await settled()
    assert.deepEqual([late.told('position'), late.seen], [[2], '23456789'])
    assert.deepEqual([middle.told('position'), middle.seen], [[7], '789'])
  })

  it('tells everyone how the program ended, after its last words', async () => {
    const terminal = openTerminal()
    const one = terminal.attach()
    terminal.print('bye')
    terminal.state.exitCode = 3
    terminal.viewers.wakeAll()
    await settled()
    assert.deepEqual([one.seen, one.told('exit')], ['bye', [3]])
  })

  it('counts the time since the last one left', async () => {
    const terminal = openTerminal()
    const one = terminal.attach()
    await terminal.clock.advance(5000)
    assert.equal(terminal.viewers.idleForMs(), 0)
    one.leave()
    await settled()
    await terminal.clock.advance(7000)
    assert.equal(terminal.viewers.idleForMs(), 7000)
  })
})

const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

function openTerminal(capacity = 1024) {
  const clock = fakeClock()
  const socket = new PassThrough()
  let typed = ''
  socket.on('data', (bytes: Buffer) => (typed += bytes.toString()))
  const replay = createReplay(capacity)
  const state: HeldState = { columns: 80, rows: 24, exitCode: undefined }
  const viewers = createViewers(replay, socket as unknown as Socket, state, clock, () => undefined)
  return {
    clock,
    state,
    viewers,
    typed: () => typed,
    print(text: string) {
      replay.push(Buffer.from(text))
      viewers.wakeAll()
    },
    attach(options: { after?: number; watch?: boolean } = {}) {
      const up = new PassThrough()
      const abort = new AbortController()
      const signals: { kind: string; value: unknown }[] = []
      let hear: (signal: { kind: string; value: unknown }) => void = () => undefined
      const view = { seen: '', connected: true }
      const context: DuplexContext<Uint8Array> = {
        signal: abort.signal,
        trace: '',
        up,
        onSignal: (listener) => void (hear = listener),
        sendSignal: (kind, value) => void signals.push({ kind, value }),
        isConnected: () => view.connected,
      }
      void (async () => {
        for await (const bytes of viewers.attach(context, { after: options.after, watch: options.watch ?? false }))
          view.seen += Buffer.from(bytes).toString()
      })()
      return {
        get seen() {
          return view.seen
        },
        told: (kind: string) => signals.filter((signal) => signal.kind === kind).map(({ value }) => value),
        type: (text: string) => void up.write(text),
        signal: (kind: string, value: unknown) => hear({ kind, value }),
        leave: () => abort.abort(),
        cut: () => void (view.connected = false),
      }
    },
  }
}
