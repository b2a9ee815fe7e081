// The list of containers with ten thousand rows, scrolled while two hundred figures change in every frame: how many frames are late.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { WebSocketServer } from 'ws'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { jsonCodec } from '@fairlead/protocol/wire/json-codec.ts'
import { openSession, type WireStream } from '@fairlead/protocol/wire/session.ts'
import { overSocket } from '@fairlead/protocol/wire/socket.ts'
import { chromiumFlags } from '../browser/browser.ts'
import { round, sleep } from './measure/numbers.ts'

const dist = join(import.meta.dirname, '../../ui/dist')
const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' }
const rowCount = 10_000
const updatesPerFrame = 200
const frames = 900
const lateMs = 20

/** The share of frames, in percent, that took longer than 20 ms. */
export async function measureGrid(): Promise<{ readonly gridSlowFramePercent: number }> {
  const hub = await startGridHub()
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags })
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
    await page.goto(`${hub.url}/containers`)
    await page.getByText(/^10000 of 10000/).waitFor()
    await page.locator('.grid-body a').first().waitFor()
    await sleep(1000)
    const times = await page.evaluate<number[]>(`new Promise((done) => {
      const box = document.querySelector('.grid')
      const times = []
      let last = performance.now()
      const step = (now) => {
        times.push(now - last)
        last = now
        box.scrollTop += 24
        if (times.length < ${frames}) requestAnimationFrame(step)
        else done(times.slice(30))
      }
      requestAnimationFrame(step)
    })`)
    if (hub.sent() < updatesPerFrame * 60) throw new Error(`only ${hub.sent()} updates were sent; the figure would say nothing`)
    return { gridSlowFramePercent: round((100 * times.filter((ms) => ms > lateMs).length) / times.length) }
  } finally {
    await browser.close()
    hub.stop()
  }
}

const makeRow = (n: number) => ({
  id: n.toString(16).padStart(12, '0'),
  name: `unit-${n}`,
  kind: 'container',
  host: `h${n % 200}`,
  hostName: `host-${n % 200}`,
  state: 'ok',
  status: 'running',
  detail: 'Up 3 hours',
  tags: [],
  links: [],
  facts: { image: 'example/unit:1', stack: `stack-${n % 50}`, ports: '8080->80/tcp' },
  createdMs: 0,
  sinceMs: 0,
  cpu: 0.1,
  memoryBytes: 1e8,
})
const totals = { all: rowCount, matching: rowCount, states: {}, stale: 0, cpu: 1000, memoryBytes: 1e12, offlineHosts: [] }
const me = {
  account: 'a',
  name: 'Bench',
  email: 'bench@example.test',
  language: 'en',
  organization: { id: 'o', name: 'Example' },
  permissions: ['fleet:read', 'hosts:read'],
  loginExpiresMs: 9e15,
}

/** A hub of ten thousand rows that change without rest: the console's own files, its own wire, nothing else. */
async function startGridHub() {
  let sent = 0
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (path === '/api/v1/welcome') return void response.end(JSON.stringify({ firstRun: false, version: '0', secure: true }))
    if (path === '/api/v1/me') return void response.end(JSON.stringify(me))
    const file = path.startsWith('/assets/') && !path.includes('..') ? join(dist, path) : join(dist, 'index.html')
    response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream')
    response.end(readFileSync(file))
  })

  async function watch(stream: WireStream): Promise<void> {
    const { offset = 0, limit = 200 } = stream.params as { offset?: number; limit?: number }
    const rows = Array.from({ length: Math.min(limit, rowCount - offset) }, (_, n) => makeRow(offset + n))
    const write = (patch: object) => stream.write(Buffer.from(JSON.stringify({ set: [], usage: [], cursor: '', ...patch })))
    stream.head({ mode: 'items' })
    // In pieces, as the hub sends them: an item has a largest size.
    for (let at = 0; at < rows.length; at += 50)
      await write({ page: { at, rows: rows.slice(at, at + 50), done: at + 50 >= rows.length }, ...(at === 0 ? { totals } : {}) })
    for (;;) {
      await sleep(1000 / 60)
      const usage = Array.from({ length: updatesPerFrame }, (_, n) => {
        const { host, id } = rows[n % rows.length]!
        return [host, id, Math.random(), Math.round(Math.random() * 1e9)]
      })
      await write({ usage })
      sent += updatesPerFrame
    }
  }

  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })
  sockets.on('connection', (socket) => {
    openSession(overSocket(socket as never), {
      side: 'hub',
      codec: jsonCodec,
      clock: systemClock,
      onOpen(stream) {
        if (stream.method === 'fleet.watch') watch(stream).catch(() => undefined)
        else stream.reset('not_found', 'There is only one list here.')
      },
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    stop() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
    },
  }
}
