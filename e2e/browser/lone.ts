import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { createOwner, type Person } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn } from './browser.ts'
import { desktop } from './observe.ts'

/** A hub without hosts, its owner, and a browser in which the owner is signed in. */
export interface Lone {
  readonly hub: HubProcess
  readonly owner: Person
  readonly browser: Browser
  readonly context: BrowserContext
  readonly page: Page
  /** Scripts that failed, and what the content policy stopped. */
  readonly problems: string[]
  /** Of somebody else, in a browser of their own. */
  open(locale?: string): Promise<{ readonly context: BrowserContext; readonly page: Page }>
  /** No barrier and nothing that scrolls sideways, in both themes; a picture of each when pictures are wanted. */
  inBothThemes(name: string, of?: Page): Promise<void>
  stop(): Promise<void>
}

/** `tree`: see `startHub`. */
export async function openLone(env: Readonly<Record<string, string>> = {}, tree?: string): Promise<Lone> {
  const [hub, browser] = await Promise.all([
    startHub({ env, tree }),
    chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags }),
  ])
  const owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
  const problems: string[] = []
  const open = async (locale = 'en-GB') => {
    const context = await browser.newContext({ viewport: desktop, locale, permissions: ['clipboard-read', 'clipboard-write'] })
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()))
    return { context, page }
  }
  const { context, page } = await open()
  await signIn(page, hub.url)
  const shots = process.env['FAIRLEAD_SHOTS']
  return {
    hub,
    owner,
    browser,
    context,
    page,
    problems,
    open,
    async inBothThemes(name, of = page) {
      for (const theme of ['light', 'dark'] as const) {
        await of.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
        if (shots !== undefined) {
          mkdirSync(shots, { recursive: true })
          await of.screenshot({ path: join(shots, `${name}-${theme}.png`), fullPage: true })
        }
        assert.deepEqual(await findBarriers(of), [], name)
        assert.equal(await overflowsSideways(of), false, `${name} scrolls sideways`)
      }
    },
    async stop() {
      await browser.close()
      await hub.stop()
    },
  }
}
