import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { arch } from 'node:os'
import { basename, join } from 'node:path'
import { Hono, type Context } from 'hono'
import type { Bindings } from './bindings.ts'
import { mostStallMs, watchReader } from './stall.ts'

export interface Installer {
  readonly app: Hono<Bindings>
  /** The hash of the script as it is served now. What it pins is read only when somebody asks: 100 MB that few starts of a hub need. */
  sha256(): Promise<string>
}

const pieceBytes = 64 * 1024

/** The install script with the hashes of what it fetches, the agent's bundle, and the Node that it brings along. */
export function serveInstaller(root: string, stallMs = mostStallMs): Installer {
  const agentFile = join(root, 'agent/dist/agent.cjs')
  const nodeFile = process.execPath
  const hashOf = createHashes()
  const template = readFileSync(join(root, 'installers/install.sh'), 'utf8')
  const script = async () =>
    template
      .replaceAll('@AGENT_SHA256@', await hashOf(agentFile))
      .replaceAll('@NODE_SHA256@', await hashOf(nodeFile))
      .replaceAll('@NODE_ARCH@', arch() === 'arm64' ? 'aarch64' : 'x86_64')
  const app = new Hono<Bindings>()
  app.get('/i.sh', async (context) =>
    context.body(await script(), 200, {
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
  return {
    app,
    sha256: async () =>
      createHash('sha256')
        .update(await script())
        .digest('hex'),
  }
}

/** Hashes of files, in pieces that hold nothing up, and each read again only when its size, time or place on the disk is another. */
function createHashes(): (file: string) => Promise<string> {
  const known = new Map<string, { readonly of: string; readonly hash: Promise<string> }>()
  return async (file) => {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return 'missing'
    const of = `${stat.size} ${stat.mtimeNs} ${stat.dev} ${stat.ino}`
    const before = known.get(file)
    if (before?.of === of) return before.hash
    const hash = readHash(file)
    known.set(file, { of, hash })
    // One that could not be read is tried again by the next who asks.
    hash.catch(() => known.delete(file))
    return hash
  }
}

async function readHash(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(piece as Buffer)
  return hash.digest('hex')
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
  const file = createReadStream(path, { highWaterMark: pieceBytes })
  const pieces = file[Symbol.asyncIterator]()
  const end = () => void file.destroy()
  for (const over of ['finish', 'close'] as const) context.env.outgoing.once(over, end)
  const reader = watchReader(context.env, stallMs, end)
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader.takes()
        const next = await pieces.next()
        if (next.done === true) controller.close()
        else controller.enqueue(next.value as Buffer)
        // Also after the last piece, until it is on its way.
        reader.given()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers })
}
