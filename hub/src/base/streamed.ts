import type { Context } from 'hono'
import { stream as respondStream } from 'hono/streaming'
import type { Endpoint } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { logBatch } from '@fairlead/protocol/wire/log-batch.ts'
import { createLogTexts, type LogText } from '@fairlead/protocol/wire/log-texts.ts'
import type { Bindings } from './bindings.ts'
import { answerFile, type FileAnswer } from './file.ts'
import type { Resume } from './resume.ts'
import { publicError } from './serve.ts'

interface Resumed {
  readonly resume: Resume | undefined
  /** The reader has what came before, and this stream cannot go on from there: it is told to forget. */
  readonly reset: boolean
  readonly skip?: (item: never) => boolean
}

/** Who reads a stream. */
export interface Reader {
  readonly login: string
  readonly organization: string
  /** Whether they may still do what they might when they began. */
  readonly stays: () => Promise<boolean>
}

interface Answer extends Resumed {
  readonly endpoint: Endpoint & { readonly kind: 'stream' }
  readonly items: AsyncIterable<unknown>
  readonly abort: AbortController
  readonly reader: Reader
  readonly ended: (error: unknown) => Promise<void>
}

export interface Streams {
  /** What to ask for, given the last item that the reader saw. */
  resume(
    name: string,
    endpoint: Endpoint,
    params: Record<string, unknown>,
    lastEventId: string | undefined,
  ): Resumed & { readonly params: Record<string, unknown> }
  answer(context: Context<Bindings>, answer: Answer): Response
  /** Its bytes as a file to save. Rejects with what goes wrong before the first of them. */
  answerFile(context: Context<Bindings>, answer: FileAnswer): Promise<Response>
  end(why: FairleadError, login?: string): void
  /** What accounts of an organization may do has changed: streams of those that it concerns end, and are judged anew when asked for again. */
  judgeAgain(organization: string): void
}

/** A proxy must see that a quiet stream lives, and the hub that its reader went. */
const quietMs = 15_000
const retryMs = 2000
/** A login or a token runs out by itself, and a database may not have answered when rights changed. */
const recheckMs = 30_000

/** Streams over HTTP: NDJSON for scripts, SSE where that is asked for; log batches become lines. Files are bytes. */
export function createStreams(resumes: Readonly<Record<string, () => Resume>>, everyMs: number = recheckMs): Streams {
  const open = new Map<AbortController, Reader>()

  async function recheck(abort: AbortController, { stays }: Reader): Promise<void> {
    // A database that does not answer ends nothing.
    if (!(await stays().catch(() => true)))
      abort.abort(new FairleadError('lost', 'This login ended, or what it may do has changed; ask again.'))
  }

  /** Answers with what is to be called once it is over. */
  function mind(abort: AbortController, reader: Reader): () => void {
    open.set(abort, reader)
    const timer = setInterval(() => void recheck(abort, reader), everyMs).unref()
    return () => {
      clearInterval(timer)
      open.delete(abort)
    }
  }

  return {
    resume(name, endpoint, params, lastEventId) {
      const resume = endpoint.kind === 'stream' ? resumes[name]?.() : undefined
      if (endpoint.kind !== 'stream' || lastEventId === undefined || lastEventId === '') return { params, resume, reset: false }
      const after = resume?.after(params, lastEventId)
      return after === undefined ? { params, resume, reset: true } : { resume, reset: false, ...after }
    },
    answer(context, answer) {
      const accept = context.req.header('accept') ?? ''
      const sse = accept.includes('text/event-stream')
      context.header('Content-Type', sse ? 'text/event-stream' : 'application/x-ndjson')
      context.header('Cache-Control', 'no-store')
      context.header('X-Accel-Buffering', 'no')
      const write = sse ? asEvents(answer) : asLines
      const over = mind(answer.abort, answer.reader)
      return respondStream(context, async (out) => {
        out.onAbort(() => answer.abort.abort())
        const pulse = sse ? setInterval(() => void out.write(':\n\n'), quietMs) : undefined
        try {
          if (sse) await out.write(`retry: ${retryMs}\n\n${answer.reset ? 'event: reset\ndata: {}\n\n' : ''}`)
          await pass(answer, (text) => out.write(text).then(() => undefined), write)
        } finally {
          clearInterval(pulse)
          over()
        }
      })
    },
    async answerFile(context, answer) {
      return await answerFile(context, answer, mind(answer.abort, answer.reader))
    },
    end(why, login) {
      for (const [abort, reader] of open) if (login === undefined || reader.login === login) abort.abort(why)
    },
    judgeAgain(organization) {
      for (const [abort, reader] of open) if (reader.organization === organization) void recheck(abort, reader)
    },
  }
}

type Write = (item: unknown, error?: string) => string

async function pass({ endpoint, items, abort, ended, skip }: Answer, out: (text: string) => Promise<void>, write: Write): Promise<void> {
  const { signal } = abort
  const iterator = items[Symbol.asyncIterator]()
  const left = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
  const texts = createLogTexts()
  let failure: unknown
  try {
    while (!signal.aborted) {
      const next = await Promise.race([iterator.next(), left])
      if (next === undefined || next.done === true) break
      const parts = endpoint.down === logBatch ? texts(next.value as Uint8Array).map(plainLine) : [plainItem(endpoint, next.value)]
      const text = parts
        .filter((item) => skip?.(item as never) !== true)
        .map((item) => write(item))
        .join('')
      if (text !== '') await out(text)
    }
  } catch (error) {
    failure = error
  }
  void iterator.return?.(undefined)?.catch(() => undefined)
  // A reader who left hears nothing more; one whom the hub ends hears why.
  const why = signal.aborted ? (isOurs(signal.reason) ? signal.reason : undefined) : failure
  if (why !== undefined) await out(write(undefined, JSON.stringify({ error: publicError(why, '') }))).catch(() => undefined)
  await ended(signal.aborted ? undefined : failure)
}

function isOurs(reason: unknown): boolean {
  return (reason as { name?: string } | undefined)?.name === 'FairleadError'
}

const plainLine = ({ goesOn, ...line }: LogText) => (goesOn ? { ...line, goesOn } : line)

function plainItem(endpoint: Answer['endpoint'], item: unknown): unknown {
  return item instanceof Uint8Array ? endpoint.down.decode(item) : item
}

function asEvents({ resume }: Answer): Write {
  return (item, error) => {
    if (error !== undefined) return `event: error\ndata: ${error}\n\n`
    const id = resume === undefined ? (item as { cursor?: string }).cursor : resume.idOf(item as never)
    return `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(item)}\n\n`
  }
}

const asLines: Write = (item, error) => `${error ?? JSON.stringify(item)}\n`
