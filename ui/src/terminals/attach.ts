import { codeOf } from '@fairlead/protocol/errors.ts'

/**
 * `live`: keys arrive. `detached`: the link is lost. `away`: the host is. `exited`: its program ended. `gone`: the host no
 * longer holds it. In each of them what was shown stays.
 */
export type AttachState = 'opening' | 'live' | 'detached' | 'away' | 'exited' | 'gone' | 'failed'

/** What an attachment needs of a stream. */
export interface AttachStream extends AsyncIterable<Uint8Array> {
  /** False while its link is lost and it waits for another. */
  readonly connected: boolean
  onSignal: (kind: string, value: unknown) => void
  sendSignal(kind: string, value?: unknown): void
  write(bytes: Uint8Array): Promise<void>
  reset(code: 'canceled'): void
}

export interface AttachView {
  write(bytes: Uint8Array): void
  /** So many bytes were written while nobody could keep them. */
  gap(bytes: number): void
  state(state: AttachState, error?: unknown): void
  /** Whether this viewer types. */
  writer(is: boolean): void
  size(columns: number, rows: number): void
  exit(code: number): void
}

const retryMs = 1000
/** Typed before the terminal is there, or while the link is lost: more is no longer typing, and what waited for longer nobody expects to run. */
export const mostEarly = 4096
export const earlyMs = 10_000

/** One viewer of one terminal, over lost links: what was shown once is never shown twice, by its absolute position. */
export function makeAttachment(open: (after: number) => Promise<AttachStream>, view: AttachView, rest: (ms: number) => Promise<void>) {
  const encoder = new TextEncoder()
  /** From the host's first word on: before that it may still refuse. */
  let stream: AttachStream | undefined
  let opened: AttachStream | undefined
  const early = createEarly()
  let seen = 0
  let left = false
  let exited = false
  let size: readonly [number, number] | undefined

  async function read(): Promise<void> {
    const now = await open(seen)
    let at = seen
    const begins = firstWriter()
    if (left) return now.reset('canceled')
    opened = now
    now.onSignal = (kind, value) => {
      if (stream === undefined) view.state('live')
      stream = now
      if (kind === 'exit') exited = true
      if (begins(kind, value) && size !== undefined) now.sendSignal('resize', size)
      // Whoever may not type has not typed: later it would run in whatever stands there by then.
      if (kind === 'writer') send(value === true ? early.take() : early.drop())
      if (kind !== 'position') return tellSignal(view, kind, value)
      at = Number(value)
      if (seen > 0 && at > seen) view.gap(at - seen)
      seen = Math.max(seen, at)
    }
    for await (const bytes of now) {
      const skip = Math.max(0, seen - at)
      if (skip < bytes.length) view.write(bytes.subarray(skip))
      at += bytes.length
      seen = Math.max(seen, at)
    }
  }

  function send(text: string): void {
    if (exited || left || text === '') return
    if (stream === undefined) early.keep(text)
    else stream.write(encoder.encode(text)).catch(() => undefined)
  }

  return {
    /** Until it ends, is gone, or the viewer leaves. */
    async run(): Promise<void> {
      view.state('opening')
      while (!left) {
        try {
          await read()
          if (!exited && !left) view.state('gone')
          return
        } catch (error) {
          stream = undefined
          if (left || exited) return
          const next = stateAfter(error)
          view.state(next, error)
          if (next === 'gone' || next === 'failed') return
          await rest(retryMs)
        }
      }
    },
    send,
    isConnected: () => stream?.connected ?? false,
    resize(columns: number, rows: number): void {
      size = [columns, rows]
      stream?.sendSignal('resize', size)
    },
    /** Asks for the keyboard. False: nobody can be asked now. */
    take: () => askToWrite(stream),
    /** Leaving is no reason for the terminal to end. */
    leave(): void {
      left = true
      opened?.reset('canceled')
    },
  }
}

function askToWrite(stream: AttachStream | undefined): boolean {
  if (stream?.connected !== true) return false
  stream.sendSignal('write', true)
  return true
}

function createEarly() {
  let kept = ''
  let sinceMs = 0
  const drop = () => (kept = '')
  return {
    drop,
    keep(text: string): void {
      if (kept === '') sinceMs = performance.now()
      kept = (kept + text).slice(0, mostEarly)
    },
    take(): string {
      const text = performance.now() - sinceMs < earlyMs ? kept : ''
      drop()
      return text
    },
  }
}

/** What a terminal is when its stream ended so. */
function stateAfter(error: unknown): AttachState {
  const code = codeOf(error)
  if (code === 'not_found') return 'gone'
  if (code === 'forbidden' || code === 'unsupported' || code === 'invalid_input') return 'failed'
  return code === 'host_offline' ? 'away' : 'detached'
}

/**
 * Whether a signal is the host's first word of who types, and it is this viewer: only then may it say its size. Before the
 * host has answered nobody on the way hears a signal, and it hears only whoever types.
 */
function firstWriter(): (kind: string, value: unknown) => boolean {
  let answered = false
  return (kind, value) => {
    if (kind !== 'writer' || answered) return false
    answered = true
    return value === true
  }
}

function tellSignal(view: AttachView, kind: string, value: unknown): void {
  if (kind === 'writer') view.writer(value === true)
  if (kind === 'size' && Array.isArray(value)) view.size(Number(value[0]), Number(value[1]))
  if (kind !== 'exit') return
  view.exit(Number(value))
  view.state('exited')
}
