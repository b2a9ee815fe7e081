// The list of containers with ten thousand rows, scrolled while two hundred figures change in every frame: how many frames are late.
import { chromium } from 'playwright-core'
import type { WireStream } from '@fairlead/protocol/wire/session.ts'
import { chromiumFlags } from '../browser/browser.ts'
import { round, sleep } from './measure/numbers.ts'
import { startPageHub } from './ui-hub.ts'

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

/** A hub of ten thousand rows that change without rest. */
async function startGridHub() {
  let sent = 0

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

  const hub = await startPageHub(['fleet:read', 'hosts:read'], (stream) => {
    if (stream.method === 'fleet.watch') watch(stream).catch(() => undefined)
    else stream.reset('not_found', 'There is only one list here.')
  })
  return { ...hub, sent: () => sent }
}
