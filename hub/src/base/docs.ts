import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Hono } from 'hono'

const files = {
  '/api/docs': ['page.html', 'text/html; charset=utf-8'],
  '/api/docs/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/api/docs/page.css': ['page.css', 'text/css; charset=utf-8'],
} as const

/** The page of the API: three files of the hub's own, which ask nobody but the hub. */
export function serveDocs(): Hono {
  const app = new Hono()
  for (const [path, [file, type]] of Object.entries(files)) {
    const text = readFileSync(join(import.meta.dirname, 'docs', file), 'utf8')
    app.get(path, (context) => context.body(text, 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }))
  }
  return app
}
