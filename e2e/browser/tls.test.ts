import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { startAuthority, type Authority } from '@fairlead/hub/acme/test-authority.ts'
import { api, createOwner, type Person } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn } from './browser.ts'
import { desktop, phone } from './observe.ts'

describe('the way to HTTPS in the console', need('chromium', 'pebble', 'openssl'), () => {
  let authority: Authority
  let hub: HubProcess
  let bare: HubProcess
  let browser: Browser
  let page: Page
  let owner: Person
  const env: Record<string, string> = {}
  const problems: string[] = []

  before(async () => {
    authority = await startAuthority()
    await authority.point('hub.example', '127.0.0.9')
    Object.assign(env, {
      FAIRLEAD_ACME_AGREE: '1',
      FAIRLEAD_ACME_DOMAINS: 'hub.example',
      FAIRLEAD_ACME_DIRECTORY: authority.directory,
      FAIRLEAD_ACME_CA: authority.ca,
      FAIRLEAD_ACME_LISTEN: `http://127.0.0.1:${authority.httpPort}`,
    })
    ;[hub, bare, browser] = await Promise.all([
      startHub({ env }),
      startHub(),
      chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags }),
    ])
    page = await browser.newPage({ viewport: desktop, locale: 'en-GB' })
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()))
  })
  after(async () => {
    await browser?.close()
    await Promise.all([hub?.stop(), bare?.stop()])
    await authority?.stop()
  })

  async function inBothThemes(name: string): Promise<void> {
    const shots = process.env['FAIRLEAD_SHOTS']
    if (shots !== undefined) mkdirSync(shots, { recursive: true })
    if ((await box().count()) > 0) await box().scrollIntoViewIfNeeded()
    for (const theme of ['light', 'dark'] as const) {
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
      if (shots !== undefined) await page.screenshot({ path: join(shots, `tls-${name}-${theme}.png`), fullPage: true })
      assert.deepEqual(await findBarriers(page), [], name)
      assert.equal(await overflowsSideways(page), false, `${name} scrolls sideways`)
    }
  }
  const box = () => page.getByRole('region', { name: 'HTTPS' })

  it('is said at the first run of a hub that was given none, with all three ways', async () => {
    await page.goto(bare.url)
    const aside = page.getByRole('complementary', { name: 'What is missing for HTTPS' })
    await aside.getByText('The hub made a certificate itself').waitFor()
    await aside.getByText(/FAIRLEAD_TLS_CERT.*FAIRLEAD_ACME_AGREE=1.*FAIRLEAD_TRUSTED_PROXIES/).waitFor()
    await aside.getByText('Set FAIRLEAD_PUBLIC_URL').waitFor()
    await inBothThemes('first-own')
  })

  it('says at the first run why an authority made none, and what mends it', async () => {
    await until(() => hub.output.includes('an authority made no certificate'))
    await page.goto(hub.url)
    const aside = page.getByRole('complementary', { name: 'What is missing for HTTPS' })
    await aside.getByText('Let port 80 through to this hub').waitFor()
    // What others wrote is for those who are in.
    assert.equal(await page.getByText('127.0.0.9').count(), 0)
    await inBothThemes('first-order')
    await page.setViewportSize(phone)
    await page.getByRole('button', { name: 'Français' }).click()
    await page.getByText('Laissez passer le port 80 jusqu’à ce hub').waitFor()
    await inBothThemes('first-order-phone-fr')
    await page.getByRole('button', { name: 'English' }).click()
    await page.setViewportSize(desktop)
  })

  it('says the same in the settings, with what the authority said, and when it is asked again', async () => {
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
    await signIn(page, hub.url)
    await page.goto(`${hub.url}/settings`)
    await box().getByText('Let port 80 through to this hub').waitFor()
    await box()
      .getByText(/What was said: .*hub\.example/)
      .waitFor()
    await box()
      .getByText(/Asked again on .* at once with fairlead-hub certificate renew/)
      .waitFor()
    await inBothThemes('order')
    await page.getByLabel('Search the settings').fill('https')
    await box().waitFor()
    await page.getByLabel('Search the settings').fill('no such thing')
    await page.getByText('No setting is called like that.').waitFor()
    assert.equal(await box().count(), 0)
  })

  it('says until when the certificate holds, and that nothing is missing', async () => {
    await authority.point('hub.example', '127.0.0.1')
    // Another setting is another try.
    env['FAIRLEAD_ACME_EMAIL'] = 'ops@hub.example'
    await hub.restart('SIGTERM')
    await until(async () => JSON.parse((await api(owner, 'GET', '/hub-settings/certificate')).text).missing.length === 0)
    await page.goto(`${hub.url}/settings`)
    await box().getByText('An authority makes the certificate').waitFor()
    await box().getByText('It is for hub.example.').waitFor()
    await box().getByText('Nothing is missing.').waitFor()
    await box()
      .getByText(/Renewed on/)
      .waitFor()
    await inBothThemes('well')
    await page.setViewportSize(phone)
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.reload()
    await box().getByText('Il ne manque rien.').waitFor()
    await inBothThemes('well-phone-fr')
    assert.deepEqual(problems, [])
  })
})
