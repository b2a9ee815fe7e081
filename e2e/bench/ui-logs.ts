// The log view with a million lines, in a real browser: what it holds in memory, and whether it draws on time meanwhile.
import { percentile, round } from './measure/numbers.ts'
import { openPage, type Page } from './measure/page.ts'
import { container, startFloodHub } from './ui-logs-hub.ts'

const warmLines = 50_000
const allLines = 1_000_000

interface LogFigures {
  /** Memory that a million lines take: script heap and buffers after a collection, less what the page had without them. */
  readonly millionLinesMB: number
  /** Time from one frame to the next while 2,000 lines arrive in each. */
  readonly appendP95Ms: number
  /** Lines that the page took in a 60th of a second meanwhile: below 2,000 it was the page that slowed them down, or the machine. */
  readonly appendLinesPerFrame: number
  /** Until a word that is nowhere was looked for in all of them. */
  readonly scanMs: number
  /** Until the first hits of a word are seen. */
  readonly firstHitMs: number
}

export async function measureLogs(): Promise<LogFigures> {
  const hub = await startFloodHub()
  const page = await openPage(`${hub.url}/logs?on=h1/${container}`)
  try {
    await page.until(`document.querySelector('.logview')`)
    const emptyBytes = await usedBytes(page)
    await hub.flood(warmLines)
    await page.evaluate(startFrames)
    const floodMs = await hub.flood(allLines - warmLines)
    await page.until(`/1,000,000/.test(document.querySelector('.count')?.textContent ?? '')`, 120_000)
    const frames = await page.evaluate<number[]>('globalThis.benchFrames')
    const fullBytes = await usedBytes(page)
    const scanMs = await page.evaluate<number>(timeFilter('no-such-word-anywhere', `document.querySelector('.log-note button') !== null`))
    const firstHitMs = await page.evaluate<number>(timeFilter('served', `document.querySelector('.logs mark') !== null`))
    return {
      millionLinesMB: round((fullBytes - emptyBytes) / 2 ** 20),
      appendP95Ms: round(percentile(frames, 0.95)),
      appendLinesPerFrame: Math.round((allLines - warmLines) / (floodMs / (1000 / 60))),
      scanMs: round(scanMs),
      firstHitMs: round(firstHitMs),
    }
  } finally {
    await page.close()
    hub.stop()
  }
}

async function usedBytes(page: Page): Promise<number> {
  await page.send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize } = (await page.send('Runtime.getHeapUsage')) as {
    usedSize: number
    backingStorageSize?: number
  }
  return usedSize + (backingStorageSize ?? 0)
}

const startFrames = `{
  const frames = (globalThis.benchFrames = [])
  let last = performance.now()
  const step = (now) => {
    frames.push(now - last)
    last = now
    requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
}`

/** Types a filter and waits for what it brings, ms. */
function timeFilter(text: string, done: string): string {
  return `new Promise((resolve) => {
    const input = document.querySelector('input[data-filter]')
    const began = performance.now()
    input.value = ${JSON.stringify(text)}
    input.dispatchEvent(new InputEvent('input', { bubbles: true }))
    const look = () => (${done} ? resolve(performance.now() - began) : requestAnimationFrame(look))
    requestAnimationFrame(look)
  })`
}

if (import.meta.main) console.log(JSON.stringify(await measureLogs()))
