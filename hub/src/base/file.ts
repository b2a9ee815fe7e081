import type { Context } from 'hono'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Bindings } from './bindings.ts'
import type { Reader } from './streamed.ts'
import { mostStallMs, watchReader } from './stall.ts'

export interface FileAnswer {
  /** Content-Type. */
  readonly type: string
  /** What it is called and, where that is known, how many bytes it has. Asked once the first of them are there. */
  readonly file: () => { readonly name: string; readonly bytes?: number }
  readonly bytes: AsyncIterable<Uint8Array>
  /** Ends it from outside: the login is over, the hub stops. */
  readonly abort: AbortController
  readonly reader: Reader
  readonly ended: (error: unknown) => Promise<void>
  /** How long its reader may take nothing; 30 s when nothing is said. */
  readonly stallMs?: number
}

const mostNameChars = 120

/**
 * A file of unknown length that is read only as fast as it is taken. What goes wrong before its first bytes is thrown and
 * becomes a status; what goes wrong later cuts the connection, so that a browser says that the download failed: an
 * answer that ended well would pass for the whole file. A reader who takes nothing for `stallMs` is cut off, and the trail says
 * `deadline_exceeded`: meanwhile the host held the log open for nobody.
 */
export async function answerFile(
  context: Context<Bindings>,
  { type, file, bytes, abort, ended, stallMs = mostStallMs }: FileAnswer,
  onClose: () => void,
): Promise<Response> {
  const { signal } = abort
  const { socket } = context.env.incoming
  const left = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
  context.req.raw.signal.addEventListener('abort', () => abort.abort())
  const iterator = bytes[Symbol.asyncIterator]()
  let open = true
  async function close(failure?: unknown): Promise<void> {
    if (!open) return
    open = false
    onClose()
    void iterator.return?.(undefined)?.catch(() => undefined)
    await ended(failure)
  }

  async function finish(next: IteratorResult<Uint8Array> | undefined, controller: ReadableStreamDefaultController): Promise<void> {
    await close()
    if (next === undefined) socket.destroy()
    else controller.close()
  }

  let first: IteratorResult<Uint8Array> | undefined
  try {
    first = await Promise.race([iterator.next(), left])
  } catch (error) {
    // Whoever called says how it ended.
    open = false
    onClose()
    throw error
  }
  const reader = watchReader(context.env, stallMs, () => {
    abort.abort()
    void close(new FairleadError('deadline_exceeded', `Nobody took any of it for ${stallMs / 1000} s.`))
  })
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader.takes()
        try {
          const next = first ?? (await Promise.race([iterator.next(), left]))
          first = undefined
          if (next?.done === false) controller.enqueue(next.value)
          else await finish(next, controller)
          // Also after the last piece, until it is on its way.
          reader.given()
        } catch (error) {
          await close(error)
          socket.destroy()
        }
      },
      async cancel() {
        abort.abort()
        await close()
      },
    },
    { highWaterMark: 0 },
  )
  const { name, bytes: size } = file()
  return context.body(body, 200, {
    'Content-Type': type,
    'Content-Disposition': attachment(name),
    ...(size === undefined ? {} : { 'Content-Length': String(size) }),
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  })
}

/** A name that others chose, as one that every file system takes and no header is broken by. */
export function attachment(name: string): string {
  const safe =
    name
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')
      .replace(/^[._]+/, '')
      .slice(0, mostNameChars) || 'file'
  const plain = `attachment; filename="${safe.replaceAll(/[^\x21-\x7e]/g, '_')}"`
  return /^[\x21-\x7e]+$/.test(safe) ? plain : `${plain}; filename*=UTF-8''${encodeURIComponent(safe.toWellFormed())}`
}
