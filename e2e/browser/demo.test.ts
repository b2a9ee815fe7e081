import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { createOwner } from '../fleet/console.ts'
import { startEverything, type Started } from '../fleet/start.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways } from './browser.ts'

const shots = process.env['FAIRLEAD_SHOTS']

describe('a machine without an engine, in a browser', need('chromium'), () => {
  let started: Started
  let browser: Browser
  let page: Page

  before(async () => {
    ;[started, browser] = await Promise.all([
      startEverything(),
      chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags }),
    ])
    const owner = await createOwner(started.base, started.code)
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en' })
    const [name, value] = owner.cookie.split('=') as [string, string]
    await context.addCookies([{ name, value, url: started.base, secure: true, httpOnly: true, sameSite: 'Strict' }])
    page = await context.newPage()
  })
  after(async () => {
    await browser?.close()
    await started?.stop()
    started?.forget()
  })

  it('offers the demo fleet, shows it, and ends it', { timeout: 120_000 }, async () => {
    await page.goto(started.base)
    await page.getByRole('button', { name: 'Start the demo fleet' }).click()
    for (const name of ['harbour', 'quiet', 'outdated']) await page.getByRole('link', { name }).first().waitFor({ timeout: 60_000 })
    if (shots !== undefined) {
      mkdirSync(shots, { recursive: true })
      await page.screenshot({ path: join(shots, 'demo.png') })
    }
    assert.deepEqual(await findBarriers(page), [])
    assert.equal(await overflowsSideways(page), false)
    await page.getByRole('button', { name: 'End the demo fleet' }).click()
    await page.getByRole('button', { name: 'Start the demo fleet' }).waitFor()
    await page.getByRole('link', { name: 'harbour' }).first().waitFor({ state: 'detached' })
  })
})
