import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { api, createOwner, ok, relax, type Person } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn, goByKeys } from './browser.ts'
import { desktop, phone } from './observe.ts'

describe('settings and organizations in the console', need('chromium'), () => {
  let hub: HubProcess
  let browser: Browser
  let page: Page
  let owner: Person
  const problems: string[] = []

  before(async () => {
    ;[hub, browser] = await Promise.all([
      startHub({ env: { FAIRLEAD_LOGIN_IDLE_MINUTES: '600' } }),
      chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags }),
    ])
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
    page = await browser.newPage({ viewport: desktop, locale: 'en-GB' })
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()))
    await signIn(page, hub.url)
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
  })

  const dialog = () => page.getByRole('dialog')
  async function inBothThemes(name: string): Promise<void> {
    const shots = process.env['FAIRLEAD_SHOTS']
    if (shots !== undefined) mkdirSync(shots, { recursive: true })
    for (const theme of ['light', 'dark'] as const) {
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
      if (shots !== undefined) await page.screenshot({ path: join(shots, `settings-${name}-${theme}.png`), fullPage: true })
      assert.deepEqual(await findBarriers(page), [], name)
      assert.equal(await overflowsSideways(page), false, `${name} scrolls sideways`)
    }
  }

  it('are reached by g e, say where each value is from, and keep what is chosen', async () => {
    await goByKeys(page, 'g', 'e', '/settings')
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    await page.getByText('set by FAIRLEAD_LOGIN_IDLE_MINUTES').waitFor()
    assert.equal(await page.getByLabel('A login ends without a request for').isDisabled(), true)
    await page.getByText('the hub’s own, self-signed').waitFor()
    await inBothThemes('all')
    await page.getByLabel('A login ends in any case after').selectOption({ label: '7 days' })
    await page.getByText('A login ends in any case after: done').waitFor()
    await page.getByLabel('Language of invitations').selectOption({ label: 'Français' })
    await page.getByText('Language of invitations: done').waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    assert.equal(await page.getByLabel('A login ends in any case after').inputValue(), '10080')
    assert.equal(await page.getByLabel('Language of invitations').inputValue(), 'fr')
  })

  it('are searched, and what the hub refuses is said and not shown as if it held', async () => {
    await page.getByLabel('Search the settings').fill('certificate')
    await page.getByText('Certificate good until').waitFor()
    assert.equal(await page.getByLabel('Language of invitations').count(), 0)
    await inBothThemes('searched')
    await page.getByLabel('Search the settings').fill('no such thing')
    await page.getByText('No setting is called like that.').waitFor()
    await page.getByLabel('Search the settings').fill('')
    await page.getByLabel('A second factor', { exact: true }).selectOption('everyone')
    await page.getByText(/Add a second factor to your own account first/).waitFor()
    await page.locator('.notice.bad button').click()
    await page.waitForFunction(`document.querySelector('select[aria-label="A second factor"]').value === 'optional'`)
  })

  it('of an organization name it; another one is made, entered from the menu, and removed by its name', async () => {
    await page.getByLabel('Name', { exact: true }).fill('First')
    await page.keyboard.press('Enter')
    await page.getByText('Name: done').waitFor()
    await page.getByRole('button', { name: 'Owner' }).click()
    await page.getByRole('menuitem', { name: 'Switch organization' }).click()
    await dialog().getByText('You belong to this one alone.').waitFor()
    await inBothThemes('switch')
    await dialog().getByRole('button', { name: 'Make an organization' }).click()
    await dialog().getByLabel('Name').fill('Second')
    await page.keyboard.press('Enter')
    // A new organization asks a second factor of its owner.
    await page.getByRole('heading', { name: 'A second factor first' }).waitFor()
    const all = JSON.parse((await api(owner, 'GET', '/organizations')).text) as { id: string; name: string }[]
    await ok(api(owner, 'POST', `/organizations/${all.find(({ name }) => name === 'Second')!.id}/enter`))
    await relax(owner)
    // The new factor ended all other logins.
    await signIn(page, hub.url)
    await page.locator('.top').getByText('First').waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('> switch')
    await page.keyboard.press('Enter')
    await dialog().getByRole('button', { name: 'Second', exact: true }).click()
    await page.locator('.top').getByText('Second').waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('> switch')
    await page.keyboard.press('Enter')
    await dialog().getByRole('button', { name: 'First' }).click()
    await page.locator('.top').getByText('First').waitFor()
    await page.getByRole('button', { name: 'Owner' }).click()
    await page.getByRole('menuitem', { name: 'Switch organization' }).click()
    await dialog().getByRole('button', { name: 'Second', exact: true }).click()
    await page.locator('.top').getByText('Second').waitFor()
    // Also by its name, where everything is looked for; the one that one is in leads nowhere.
    for (const [name, other] of [
      ['First', 'Second'],
      ['Second', 'First'],
    ] as const) {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('organization')
      const option = (of: string, more = {}) => dialog().getByRole('option', { name: `${of} organization`, ...more })
      await option(name).waitFor()
      assert.equal(await option(other).count(), 0)
      await page.keyboard.press('Control+a')
      await page.keyboard.type(name.toLowerCase())
      await option(name, { selected: true }).waitFor()
      await page.keyboard.press('Enter')
      await page.locator('.top').getByText(name).waitFor()
    }
    await page.goto(`${hub.url}/settings`)
    await page.getByRole('button', { name: 'Remove the organization' }).click()
    await dialog().getByText('its secrets, and the keys').waitFor()
    assert.equal(await dialog().getByRole('button', { name: 'Remove the organization' }).isDisabled(), true)
    await inBothThemes('remove')
    await dialog().getByLabel('Type Second to confirm').fill('Second')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await signIn(page, hub.url)
    await page.locator('.top').getByText('First').waitFor()
    await page.goto(`${hub.url}/settings`)
    await page.getByRole('button', { name: 'Remove the organization' }).click()
    await dialog().getByLabel('Type First to confirm').fill('First')
    await page.keyboard.press('Enter')
    await dialog()
      .getByText(/last organization of whoever runs this hub/)
      .waitFor()
    await inBothThemes('remove-refused')
    await page.keyboard.press('Escape')
  })

  it('hold on a phone, in French', async () => {
    await page.setViewportSize(phone)
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.goto(hub.url)
    await page.getByRole('button', { name: 'Plus' }).click()
    await page.getByRole('menuitem', { name: 'Réglages' }).click()
    await page.getByText('fixé par FAIRLEAD_LOGIN_IDLE_MINUTES').waitFor()
    await inBothThemes('phone-fr')
    assert.deepEqual(problems, [])
  })
})
