import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { arch } from 'node:os'
import { basename, join } from 'node:path'
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'

type Bindings = { Bindings: HttpBindings }

export interface Installer {
  readonly app: Hono<Bindings>
  readonly sha256: string
}

/** Whoever takes nothing for so long is gone, or holds a file and a connection open that others need. */
const mostStallMs = 30_000
const pieceBytes = 64 * 1024

/** The install script with the hashes of what it fetches, the agent's bundle, and the Node that it brings along. */
export function serveInstaller(root: string, stallMs = mostStallMs): Installer {
  const agentFile = join(root, 'agent/dist/agent.cjs')
  const nodeFile = process.execPath
  const hash = (file: string) => (existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'missing')
  const script = readFileSync(join(root, 'installers/install.sh'), 'utf8')
    .replaceAll('@AGENT_SHA256@', hash(agentFile))
    .replaceAll('@NODE_SHA256@', hash(nodeFile))
    .replaceAll('@NODE_ARCH@', arch() === 'arm64' ? 'aarch64' : 'x86_64')
  const app = new Hono<Bindings>()
  app.get('/i.sh', (context) =>
    context.body(script, 200, {
      'Content-Type': 'text/x-shellscript; charset=utf-8',
      'Content-Disposition': 'attachment; filename="fairlead-install.sh"',
    }),
  )
  app.get('/dl/agent.cjs', (context) =>
    existsSync(agentFile)
      ? sendFile(context, agentFile, stallMs)
      : context.text('The agent is not built; run "npm run build" in the clone.', 503),
  )
  app.get('/dl/node', (context) => sendFile(context, nodeFile, stallMs))
  return { app, sha256: createHash('sha256').update(script).digest('hex') }
}

/** A file as it is taken; a reader that takes nothing for `stallMs` is cut off. */
function sendFile(context: Context<Bindings>, path: string, stallMs: number): Response {
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(statSync(path).size),
    'Content-Disposition': `attachment; filename="${basename(path)}"`,
  }
  // Of a HEAD nobody reads the body: a file that was opened for it would stay open.
  if (context.req.method === 'HEAD') return new Response(null, { headers })
  const { incoming, outgoing } = context.env
  const file = createReadStream(path, { highWaterMark: pieceBytes })
  const pieces = file[Symbol.asyncIterator]()
  let stalled: ReturnType<typeof setTimeout> | undefined
  const end = () => {
    clearTimeout(stalled)
    file.destroy()
  }
  for (const over of ['finish', 'close'] as const) outgoing.once(over, end)
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(stalled)
        const next = await pieces.next()
        if (next.done === true) controller.close()
        else controller.enqueue(next.value as Buffer)
        // Also after the last piece, until it is on its way.
        if (!outgoing.destroyed && !outgoing.writableFinished) stalled = setTimeout(() => incoming.socket.destroy(), stallMs)
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers })
}
