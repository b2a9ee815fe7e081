// A page of a real browser with nobody listening in. A test driver copies every message of a page's sockets to itself; with
// ten megabytes a second that is most of what would be measured.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { chromiumFlags } from '../../browser/browser.ts'
import { sleep } from './numbers.ts'

export interface Page {
  /** Runs an expression in the page and answers what it, or its promise, comes to. */
  evaluate<T>(expression: string): Promise<T>
  /** Until an expression is true. */
  until(expression: string, timeoutMs?: number): Promise<void>
  /** One command of Chromium's devtools. */
  send(method: string, params?: object): Promise<Record<string, unknown>>
  close(): Promise<void>
}

const size = { width: 1400, height: 900, deviceScaleFactor: 1, mobile: false }

export async function openPage(url: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'fairlead-bench-'))
  const flags = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--disable-renderer-backgrounding']
  const browser = spawn('/usr/bin/chromium', [...chromiumFlags, ...flags, 'about:blank'], { stdio: 'ignore' })
  const gone = once(browser, 'exit')
  const close = async () => {
    browser.kill()
    await gone
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const socket = new WebSocket(await pageAddress(profile))
    await once(socket, 'open')
    const send = commands(socket)
    const evaluate = async <T>(expression: string): Promise<T> => {
      const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
      if (exceptionDetails !== undefined) throw new Error(`The page failed: ${JSON.stringify(exceptionDetails)}`)
      return (result as { readonly value: T }).value
    }
    await send('Emulation.setDeviceMetricsOverride', size)
    await send('Page.navigate', { url })
    return {
      evaluate,
      send,
      async until(expression, timeoutMs = 30_000) {
        const endMs = performance.now() + timeoutMs
        while (!(await evaluate<boolean>(`Boolean(${expression})`).catch(() => false))) {
          if (performance.now() > endMs) throw new Error(`The page never came to: ${expression}`)
          await sleep(50)
        }
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Chromium writes down its port once it listens. */
async function pageAddress(profile: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    await sleep(50)
    const [port] = readPort(profile)
    if (port === undefined) continue
    const pages = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly Record<string, string>[]
    const page = pages.find(({ type }) => type === 'page')
    if (page !== undefined) return page['webSocketDebuggerUrl']!
  }
  throw new Error('Chromium did not start within 10 s.')
}

function readPort(profile: string): string[] {
  try {
    return readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')
  } catch {
    return []
  }
}

function commands(socket: WebSocket): Page['send'] {
  const waiting = new Map<number, { readonly resolve: (result: never) => void; readonly reject: (error: Error) => void }>()
  let last = 0
  socket.on('message', (data: Buffer) => {
    const { id, result, error } = JSON.parse(data.toString()) as { id?: number; result?: never; error?: { message: string } }
    const asked = id === undefined ? undefined : waiting.get(id)
    if (id === undefined || asked === undefined) return
    waiting.delete(id)
    if (error === undefined) asked.resolve(result!)
    else asked.reject(new Error(error.message))
  })
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Chromium is gone.'))
  })
  return (method, params = {}) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      socket.send(JSON.stringify({ id: last, method, params }))
    })
}
