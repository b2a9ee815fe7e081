import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { startEngine, type TestEngine } from '../engine.ts'
import { createOwner, type Person } from '../fleet/console.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, signIn } from './browser.ts'

const shots = process.env['FAIRLEAD_SHOTS']
export const desktop = { width: 1400, height: 900 }
export const phone = { width: 390, height: 844 }

export interface Stage {
  readonly hub: HubProcess
  readonly engine: TestEngine
  readonly owner: Person
  readonly browser: Browser
  readonly context: BrowserContext
  readonly page: Page
  /** Scripts that failed, and what the content policy stopped. */
  readonly problems: string[]
  /** Starts the agent of a host, enrolled anew. */
  enrol(name: string): Promise<AgentProcess>
  snap(name: string): Promise<void>
  /** No barrier that a machine can find, and nothing that scrolls sideways. */
  clean(): Promise<void>
  theme(theme: 'light' | 'dark'): Promise<void>
  stop(): Promise<void>
}

/** A hub, an engine and a browser whose person is signed in: real, and this test's own. */
export async function openStage(): Promise<Stage> {
  const [hub, engine, browser] = await Promise.all([
    startHub(),
    startEngine(),
    chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags }),
  ])
  const base = `https://127.0.0.1:${hub.httpsPort}`
  const owner = await createOwner(base, hub.code)
  const context = await browser.newContext({ viewport: desktop, locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()))
  await signIn(page, hub.url)
  const agents: AgentProcess[] = []

  return {
    hub,
    engine,
    owner,
    browser,
    context,
    page,
    problems,
    async enrol(name) {
      const { body, text } = await owner.ask('POST', '/api/v1/invitations', { body: { address: base } })
      if (body['join'] === undefined) throw new Error(`no invitation: ${text}`)
      const agent = await startAgent(String(body['join']), engine.socket, { name })
      agents.push(agent)
      await until(async () => (await owner.ask('GET', '/api/v1/hosts')).text.includes(`"name":"${name}"`))
      return agent
    },
    async snap(name) {
      if (shots === undefined) return
      mkdirSync(shots, { recursive: true })
      await page.screenshot({ path: join(shots, `${name}.png`) })
    },
    async clean() {
      assert.deepEqual(await findBarriers(page), [])
      assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'the page scrolls sideways')
    },
    theme: (theme) => page.evaluate(`document.documentElement.dataset.theme = '${theme}'`),
    async stop() {
      await browser.close()
      for (const agent of agents) await agent.stop()
      await engine.stop()
      await hub.stop()
    },
  }
}
