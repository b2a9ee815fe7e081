import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { createOwner } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn } from './browser.ts'

const shots = process.env['FAIRLEAD_SHOTS']
const phone = { width: 390, height: 844 }
const desktop = { width: 1400, height: 900 }

describe('the gallery in a browser', need('chromium'), () => {
  let hub: HubProcess
  let browser: Browser
  let page: Page
  const problems: string[] = []

  before(async () => {
    ;[hub, browser] = await Promise.all([startHub(), chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags })])
    await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
    page = await browser.newPage({ viewport: desktop, locale: 'en-GB' })
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    await signIn(page, hub.url)
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
  })

  it('shows every part in every state, in both themes and on a phone, without a barrier', async () => {
    await page.goto(`${hub.url}/gallery`)
    await page.locator('.gallery-part').first().waitFor()
    const parts = await page.locator('.gallery-part').evaluateAll((found) => found.map((one) => one.getAttribute('data-part') ?? ''))
    assert.ok(parts.length >= 15, `only ${parts.length} parts`)
    for (const [theme, size] of [
      ['light', desktop],
      ['dark', desktop],
      ['dark', phone],
    ] as const) {
      await page.setViewportSize(size)
      await page.evaluate(`localStorage.setItem('theme', '${theme}')`)
      for (const part of parts) {
        await page.goto(`${hub.url}/gallery?only=${part}`)
        await page.locator(`[data-part=${part}]`).waitFor()
        await seen(`gallery-${theme}-${size.width}-${part}`)
        assert.equal(await overflowsSideways(page), false, `${part} scrolls sideways`)
      }
    }
    await page.setViewportSize(desktop)
  })

  it('draws a gap as a gap, and says "not available" of a figure that a host has not', async () => {
    await page.goto(`${hub.url}/gallery?only=charts`)
    const chart = (title: string) => page.locator('.chart', { has: page.getByRole('heading', { name: title }) })
    await chart('Network').locator('.key', { hasText: 'sent' }).getByText('not available').waitFor()
    await chart('Pressure').locator('.plot.none', { hasText: 'not available' }).waitFor()
    assert.equal(await chart('Pressure').locator('canvas').count(), 0)
    await chart('Memory')
      .getByText(/^gap: \d\d:\d\d – \d\d:\d\d$/)
      .waitFor({ state: 'attached' })
    assert.equal(await chart('CPU').getByText(/^gap/).count(), 0)
  })

  it('a dialog keeps the keyboard and gives it back; an error stays until it is put away', async () => {
    await page.goto(`${hub.url}/gallery?only=menu`)
    await page.getByRole('button', { name: 'Open a dialog' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    for (let n = 0; n < 5; n++) await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(`document.activeElement.closest('[role=dialog]') !== null`), true)
    await page.keyboard.press('Escape')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Open a dialog')
    await page.getByRole('button', { name: 'Say that it failed' }).click()
    await page.locator('.notice.bad').waitFor()
    await page.locator('.notice').getByRole('button', { name: 'Close' }).click()
    await page.locator('.notice').waitFor({ state: 'detached' })
  })

  it('nothing was thrown, all the way', () => {
    assert.deepEqual(problems, [])
  })

  async function seen(name: string): Promise<void> {
    assert.deepEqual(await findBarriers(page), [], name)
    if (shots === undefined) return
    mkdirSync(shots, { recursive: true })
    await page.screenshot({ path: join(shots, `${name}.png`) })
  }
})
