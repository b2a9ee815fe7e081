import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { arch } from 'node:os'
import { basename, join } from 'node:path'
import { Hono, type Context } from 'hono'
import type { Bindings } from './bindings.ts'
import { mostStallMs, watchReader } from './stall.ts'

export interface Installer {
  readonly app: Hono<Bindings>
  /** The hash of the script as it is served now. What it pins is read only when somebody asks: 400 MB that few starts of a hub need. */
  sha256(): Promise<string>
}

const pieceBytes = 64 * 1024
/** Of `npm run build:agent`, packed and not: a host takes the smallest that it can unpack. */
const programs = ['x64', 'arm64'].flatMap((of) => ['.xz', '.gz', ''].map((packed) => `fairlead-agent-linux-${of}${packed}`))

/** One script of its parts, with the lines "hash  name" of what it may fetch. */
export function readScript(folder: string): (files: readonly string[]) => string {
  const part = (name: string) => readFileSync(join(folder, name), 'utf8').trimEnd()
  const whole = readFileSync(join(folder, 'install.sh'), 'utf8')
    .replaceAll('@CONTAINER@', () => part('container.sh').replace('@RECIPE@', () => part('agent.Dockerfile')))
    .replaceAll('@PLACES@', () => part('places.sh'))
    .replaceAll('@UNINSTALL@', () => part('uninstall.sh'))
    .replaceAll('@FETCH@', () => part('fetch.sh'))
    .replaceAll('@STARTER@', () => part('starter.sh'))
    .replaceAll('@UNIT@', () => part('fairlead-agent.service'))
    .replaceAll('@OPENRC@', () => part('fairlead-agent.openrc'))
  return (files) => whole.replaceAll('@FILES@', () => files.join('\n'))
}

/** The install script with the hashes of what it fetches, and all that: no host asks anybody but its hub. */
export function serveInstaller(root: string, stallMs = mostStallMs): Installer {
  const bundle = join(root, 'agent/dist/agent.cjs')
  const release = (name: string) => join(root, 'agent/dist/release', name)
  const hashOf = createHashes()
  const template = readScript(join(root, 'installers'))
  // The Node of a clone, until somebody builds the programs.
  const nodeName = `node-${arch()}`

  /** Every file that is there by the name under which it is fetched. */
  async function served(): Promise<Map<string, string>> {
    const files = new Map([['agent.cjs', bundle]])
    // Programs of another state than the bundle are those of a build that is no longer true.
    const now = await hashOf(bundle)
    const current = now !== undefined && now === (await hashOf(release('agent.cjs')))
    for (const name of current ? programs : []) files.set(name, release(name))
    files.set(nodeName, process.execPath)
    for (const [name, file] of files) if ((await hashOf(file)) === undefined) files.delete(name)
    return files
  }
  async function script(): Promise<string> {
    const lines: string[] = []
    for (const [name, file] of await served()) lines.push(`${await hashOf(file)}  ${name}`)
    return template(lines)
  }
  const app = new Hono<Bindings>()
  app.get('/i.sh', async (context) =>
    context.body(await script(), 200, {
      'Content-Type': 'text/x-shellscript; charset=utf-8',
      'Content-Disposition': 'attachment; filename="fairlead-install.sh"',
    }),
  )
  app.get('/dl/:name', async (context) => {
    const name = context.req.param('name')
    const file = (await served()).get(name)
    if (file !== undefined) return sendFile(context, file, stallMs)
    if (name === 'agent.cjs') return context.text('The agent is not built; run "npm run build" in the clone.', 503)
    return context.text('This hub serves no such file.', 404)
  })
  return {
    app,
    sha256: async () =>
      createHash('sha256')
        .update(await script())
        .digest('hex'),
  }
}

/** Hashes of files, in pieces that hold nothing up, and each read again only when its size, time or place on the disk is another; undefined: no file. */
function createHashes(): (file: string) => Promise<string | undefined> {
  const known = new Map<string, { readonly of: string; readonly hash: Promise<string> }>()
  return async (file) => {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return undefined
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
