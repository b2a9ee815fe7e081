import type { Socket } from 'node:net'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type * as z from 'zod/mini'
import type { LogsInput } from '@fairlead/protocol/features/containers.ts'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import { ask, type Engine, type Query } from '../docker/engine.ts'
import { createBatch } from './batch.ts'
import { createSplitter, type Line, type Wrapping } from './split.ts'

type Input = z.output<typeof LogsInput>

/** Lines are held back for so long, so that a flood travels in full batches and a single line at once. */
const quietMs = 2
/** In a flood nobody reads line by line: after a batch of so many lines it may take longer until so many batches leave together. */
const floodLines = 16
const floodMs = 20
const floodBatches = limits.roomBytes / limits.dataBytes + 1
const noticeSource = 2
/** So many from the end are looked at again; what was read is left out. */
const lastLines = 1000

/**
 * A container's log as batches. Pull, never push: the engine's socket is read only when the last batch was taken. Ends with
 * a line of source 2 that says why, when the container is gone.
 */
export async function* readLogs(engine: Engine, input: Input, signal: AbortSignal): AsyncGenerator<Uint8Array, object> {
  const document = await engine.call<{ Id: string; Config?: { Tty?: boolean } }>(ask('GET /containers/{id}/json', { id: input.id }))
  const place = createPlace(input.after)
  const read = async function* (wanted: Input, query = logQuery(wanted)) {
    const { socket, wrapping } = await openLog(engine, document.Id, query, document.Config?.Tty === true)
    signal.addEventListener('abort', () => socket.destroy())
    const skip = createSkip(wanted.after)
    const untilMs = wanted.untilMs ?? Number.POSITIVE_INFINITY
    const fits = (line: Line) => line.timeMs <= untilMs && !skip(line) && place.pass(line)
    yield* gather(socket, createSplitter(wrapping), fits)
  }
  yield* read(input)
  if (!input.follow || signal.aborted) return {}
  // What follows a log may miss the last words of a program that ends: the end is read once more.
  const rest = { ...input, follow: false, after: place.cursor }
  try {
    yield* read(rest, { ...logQuery(rest), ...(rest.after === undefined ? {} : { tail: lastLines }) })
  } catch {
    // Removed, or the engine is gone: the reason says so.
  }
  const reason = await endReason(engine, document.Id)
  const batch = createBatch()
  const bytes = Buffer.from(reason)
  batch.add({ timeMs: Date.now(), source: noticeSource, bytes, from: 0, to: bytes.length, goesOn: false })
  yield batch.take()
  return { reason }
}

/** A TTY leaves the frames out, not the times before each piece of a long line: the chunks tell where those are. */
async function openLog(engine: Engine, id: string, query: Query, tty: boolean): Promise<{ socket: Socket; wrapping: Wrapping }> {
  const target = ask('GET /containers/{id}/logs', { id }, query)
  if (!tty) return { socket: await engine.stream(target), wrapping: 'frames' }
  const { socket, chunked } = await engine.chunks(target)
  return { socket, wrapping: chunked ? 'chunks' : 'bare' }
}

/** Where a reader stands, as `after` wants it: the latest time of a line, and how many lines of that time. */
function createPlace(after: Input['after']) {
  let { timeMs, lines } = after ?? { timeMs: Number.NEGATIVE_INFINITY, lines: 0 }
  return {
    get cursor(): Input['after'] {
      return timeMs === Number.NEGATIVE_INFINITY ? undefined : { timeMs, lines }
    },
    pass(line: Line): true {
      // An earlier one changes nothing: two outputs are not always written down in the order of their times.
      if (line.timeMs > timeMs) {
        timeMs = line.timeMs
        lines = 1
      } else if (line.timeMs === timeMs) lines++
      return true
    },
  }
}

function logQuery({ follow, tail, sinceMs, untilMs, stdout, stderr, after }: Input) {
  const from = after?.timeMs ?? sinceMs
  return {
    follow,
    stdout,
    stderr,
    timestamps: true,
    tail: after !== undefined || tail < 0 ? 'all' : tail,
    // The engine takes seconds with nine digits; the cursor's own lines are dropped by count afterwards.
    since: from === undefined ? undefined : (Math.floor(from) / 1000).toFixed(3),
    until: untilMs === undefined || follow ? undefined : (untilMs / 1000).toFixed(9),
  }
}

/** Drops what the reader has: everything before the cursor's time, and so many lines of that very time. */
function createSkip(after: Input['after']): (line: Line) => boolean {
  let left = after?.lines ?? 0
  let past = after === undefined
  return ({ timeMs }) => {
    if (past) return false
    if (timeMs < after!.timeMs) return true
    if (timeMs === after!.timeMs && left > 0) {
      left--
      return true
    }
    if (timeMs > after!.timeMs) past = true
    return false
  }
}

async function endReason(engine: Engine, id: string): Promise<string> {
  try {
    const { State } = await engine.call<{ State?: { Status?: string; ExitCode?: number } }>(ask('GET /containers/{id}/json', { id }))
    return `— the container is ${State?.Status ?? 'stopped'} (exit ${State?.ExitCode ?? '?'}) —`
  } catch (error) {
    return codeOf(error) === 'not_found' ? '— the container was removed —' : '— the container engine went away —'
  }
}

/** Reads the socket, splits it into lines, and yields a batch when it is full or its first line has waited long enough. */
export async function* gather(
  socket: Socket,
  split: ReturnType<typeof createSplitter>,
  wanted: (line: Line) => boolean,
  batch = createBatch(),
): AsyncGenerator<Uint8Array> {
  const full: Uint8Array[] = []
  const take = (line: Line) => {
    if (!wanted(line)) return
    if (batch.add(line)) return
    full.push(batch.take())
    batch.add(line)
  }
  const chunks = socket[Symbol.asyncIterator]()
  let next = chunks.next()
  let flood = false
  let due: Promise<undefined> | undefined
  try {
    for (;;) {
      const chunk =
        batch.count === 0 && full.length === 0 ? await next : await Promise.race([next, (due ??= wait(flood ? floodMs : quietMs))])
      if (chunk === undefined) {
        flood = full.length > 0 || batch.count >= floodLines
        due = undefined
        if (batch.count > 0) full.push(batch.take())
        yield* full.splice(0)
        continue
      }
      if (chunk.done === true) break
      split.push(chunk.value as Buffer, take)
      if (full.length >= (flood ? floodBatches : 1)) {
        flood = true
        due = undefined
        yield* full.splice(0)
      }
      next = chunks.next()
    }
    split.end(take)
    if (batch.count > 0) full.push(batch.take())
    yield* full
  } catch (cause) {
    // An engine that is killed resets the connection. Whoever reads comes back after that, and after nothing that is our own fault.
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
    throw new FairleadError('bad_upstream', 'The container engine broke the log off; it is being restarted or has died.', { cause })
  } finally {
    next.catch(() => undefined)
    socket.destroy()
  }
}

function wait(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined))
}
