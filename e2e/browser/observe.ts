import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { startEngine, type TestEngine } from '../engine.ts'
import { createOwner, invite, type Person } from '../fleet/console.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn } from './browser.ts'

const shots = process.env['FAIRLEAD_SHOTS']
export const desktop = { width: 1400, height: 900 }
export const phone = { width: 390, height: 844 }

/** A hub, an engine and a browser: real, and this test's own. Nobody has set the hub up yet. */
export interface BareStage {
  readonly hub: HubProcess
  /** Where hosts and programs reach the hub; it is over TLS, the console is not. */
  readonly base: string
  readonly engine: TestEngine
  readonly browser: Browser
  readonly context: BrowserContext
  readonly page: Page
  /** Scripts that failed, and what the content policy stopped. */
  readonly problems: string[]
  /** Another page whose problems count too. */
  openPage(where: BrowserContext): Promise<Page>
  /** Starts the agent of a host that joins with such a string. */
  join(text: string, name: string, engineSocket?: string): Promise<AgentProcess>
  /** A picture, when pictures are wanted. */
  snap(name: string, of?: Page): Promise<void>
  /** No barrier that a machine can find. */
  barriers(name?: string): Promise<void>
  /** No barrier, and nothing that scrolls sideways. */
  clean(): Promise<void>
  theme(theme: 'light' | 'dark'): Promise<void>
  stop(): Promise<void>
}

/** Set up, and its person signed in. */
export interface Stage extends BareStage {
  readonly owner: Person
  /** Starts the agent of a host, enrolled anew. */
  enrol(name: string, engineSocket?: string): Promise<AgentProcess>
}

export async function openBareStage(): Promise<BareStage> {
  const [hub, engine, browser] = await Promise.all([
    startHub(),
    startEngine(),
    chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags }),
  ])
  const context = await browser.newContext({ viewport: desktop, locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'] })
  const problems: string[] = []
  const agents: AgentProcess[] = []
  const openPage = async (where: BrowserContext) => {
    const page = await where.newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()))
    return page
  }
  const page = await openPage(context)
  const barriers = async (name?: string) => assert.deepEqual(await findBarriers(page), [], name)

  return {
    hub,
    base: `https://127.0.0.1:${hub.httpsPort}`,
    engine,
    browser,
    context,
    page,
    problems,
    openPage,
    async join(text, name, engineSocket = engine.socket) {
      const agent = await startAgent(text, engineSocket, { name })
      agents.push(agent)
      return agent
    },
    async snap(name, of = page) {
      if (shots === undefined) return
      mkdirSync(shots, { recursive: true })
      await of.screenshot({ path: join(shots, `${name}.png`) })
    },
    barriers,
    async clean() {
      await barriers()
      assert.equal(await overflowsSideways(page), false, 'the page scrolls sideways')
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

export async function openStage(): Promise<Stage> {
  const bare = await openBareStage()
  const owner = await createOwner(bare.base, bare.hub.code)
  await signIn(bare.page, bare.hub.url)
  return {
    ...bare,
    owner,
    async enrol(name, engineSocket) {
      const agent = await bare.join(await invite(owner, bare.base), name, engineSocket)
      await until(async () => (await owner.ask('GET', '/api/v1/hosts')).text.includes(`"name":"${name}"`))
      return agent
    },
  }
}
