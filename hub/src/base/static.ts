import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import { Hono } from 'hono'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

/** The console's files: hashed ones for ever, the page itself anew each time, compressed where that was done before. */
export function serveConsole(dist: string): Hono {
  const app = new Hono()
  app.get('*', (context) => {
    const path = readPath(context.req.url)
    if (path === undefined) return context.text('not an address', 400)
    const asset = path.startsWith('/assets/') && !path.includes('..') ? join(dist, path) : undefined
    if (asset !== undefined && !isFile(asset)) return context.text('not found', 404)
    const file = asset ?? join(dist, 'index.html')
    if (!existsSync(file)) return context.text('The console is not built; run "npm run build" in the clone, then reload.', 503)
    const encoding = ['br', 'gzip'].find(
      (name) => (context.req.header('accept-encoding') ?? '').includes(name) && existsSync(`${file}.${name === 'br' ? 'br' : 'gz'}`),
    )
    const headers: Record<string, string> = {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Cache-Control': asset === undefined ? 'no-cache' : 'public, max-age=31536000, immutable',
      ...(encoding === undefined ? {} : { 'Content-Encoding': encoding, Vary: 'Accept-Encoding' }),
    }
    return context.body(
      new Uint8Array(readFileSync(encoding === undefined ? file : `${file}.${encoding === 'br' ? 'br' : 'gz'}`)),
      200,
      headers,
    )
  })
  return app
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}

/** Undefined: `%` with what is no letter's code. */
function readPath(url: string): string | undefined {
  try {
    return normalize(decodeURIComponent(new URL(url).pathname))
  } catch {
    return undefined
  }
}
