import type { Socket } from 'node:net'
import type { DuplexContext } from '@fairlead/protocol/contract.ts'
import type { Clock } from '@fairlead/protocol/wire/transport.ts'
import type { Replay } from './replay.ts'

const readBytes = 16 * 1024

export interface HeldState {
  columns: number
  rows: number
  /** Absent while it runs. */
  exitCode: number | undefined
}

interface Viewer {
  /** It may type. */
  writer: boolean
  readonly wake: () => void
  readonly tell: (kind: string, value: unknown) => void
  /** It wants to watch only: it gets the keyboard when it asks, not when it is left over. */
  readonly watches: boolean
  /** Its link is up. One that is away may come back to what it missed, but holds nobody else off. */
  readonly here: () => boolean
}

type Context = DuplexContext<Uint8Array>

/** Everyone who watches one terminal: one of them types, each reads the replay at its own pace. */
export function createViewers(replay: Replay, socket: Socket, state: HeldState, clock: Clock, onResize: () => void) {
  const viewers = new Set<Viewer>()
  let aloneSince = clock.now()

  function takeKeyboard(wanted: Viewer): void {
    for (const viewer of viewers) {
      if (viewer.writer !== (viewer === wanted)) viewer.tell('writer', viewer === wanted)
      viewer.writer = viewer === wanted
    }
  }

  function heard(viewer: Viewer, kind: string, value: unknown): void {
    if (kind === 'write' && value === true) return takeKeyboard(viewer)
    if (kind !== 'resize' || !viewer.writer || !isSize(value)) return
    ;[state.columns, state.rows] = value
    onResize()
    for (const other of viewers) other.tell('size', value)
  }

  function leave(viewer: Viewer): void {
    viewers.delete(viewer)
    aloneSince = clock.now()
    const next = [...viewers].find((other) => other.here() && !other.watches)
    if (viewer.writer && next !== undefined) takeKeyboard(next)
  }

  async function* attach(
    context: Context,
    { after, watch }: { readonly after: number | undefined; readonly watch: boolean },
  ): AsyncGenerator<Uint8Array> {
    let wake = Promise.withResolvers<void>()
    const writer = !watch && ![...viewers].some((other) => other.writer && other.here())
    const viewer = makeViewer(context, watch, () => wake.resolve())
    viewers.add(viewer)
    context.signal.addEventListener('abort', () => wake.resolve())
    let from = Math.max(replay.oldest, Math.min(after ?? 0, replay.position))
    viewer.tell('position', from)
    viewer.tell('size', [state.columns, state.rows])
    if (writer) takeKeyboard(viewer)
    else viewer.tell('writer', false)
    // What was said before anybody was here comes now: whoever may type may resize.
    context.onSignal(({ kind, value }) => heard(viewer, kind, value))
    void type(context.up, viewer, socket)
    try {
      while (!context.signal.aborted) {
        if (from < replay.oldest) {
          // It read too slowly and fell out of the replay: it goes on at what is still here, and is told.
          from = replay.oldest
          viewer.tell('position', from)
        }
        const bytes = replay.read(from, readBytes)
        if (bytes.length > 0) {
          from += bytes.length
          yield bytes
          continue
        }
        if (state.exitCode !== undefined) return void viewer.tell('exit', state.exitCode)
        await wake.promise
        wake = Promise.withResolvers()
      }
    } finally {
      leave(viewer)
    }
  }

  return {
    attach,
    wakeAll: () => {
      for (const viewer of viewers) viewer.wake()
    },
    get count() {
      return [...viewers].filter((viewer) => viewer.here()).length
    },
    idleForMs: () => (viewers.size > 0 ? 0 : clock.now() - aloneSince),
  }
}

function makeViewer({ sendSignal, isConnected }: Context, watches: boolean, wake: () => void): Viewer {
  return { writer: false, watches, wake, tell: sendSignal, here: isConnected }
}

async function type(up: AsyncIterable<Uint8Array>, viewer: Viewer, socket: Socket): Promise<void> {
  try {
    for await (const bytes of up) {
      if (!viewer.writer || socket.destroyed) continue
      if (!socket.write(bytes)) await new Promise<void>((resolve) => socket.once('drain', resolve).once('close', resolve))
    }
  } catch {
    // The viewer left in the middle of a word.
  }
}

function isSize(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((side) => Number.isInteger(side) && side >= 1 && side <= 1000)
}
