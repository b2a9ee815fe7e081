import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startVault, type FakeVault } from '../fakes/vault.ts'
import { api, createOwner, ok, type Person } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn, goByKeys } from './browser.ts'
import { desktop, phone } from './observe.ts'

const canary = 'canary-hunter2'

describe('secrets in the console', need('chromium'), () => {
  let hub: HubProcess
  let browser: Browser
  let page: Page
  let owner: Person
  let vault: FakeVault
  const problems: string[] = []

  before(async () => {
    vault = await startVault()
    ;[hub, browser] = await Promise.all([
      startHub({ env: { FAIRLEAD_OUTBOUND_ALLOW: '127.0.0.0/8' } }),
      chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags }),
    ])
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
    const context = await browser.newContext({ viewport: desktop, locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'] })
    page = await context.newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()))
    await signIn(page, hub.url)
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
    await vault?.close()
  })

  const dialog = () => page.getByRole('dialog')
  const go = (path: string) => page.goto(hub.url + path)
  async function inBothThemes(name: string): Promise<void> {
    const shots = process.env['FAIRLEAD_SHOTS']
    if (shots !== undefined) mkdirSync(shots, { recursive: true })
    for (const theme of ['light', 'dark'] as const) {
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
      if (shots !== undefined) await page.screenshot({ path: join(shots, `secrets-${name}-${theme}.png`) })
      assert.deepEqual(await findBarriers(page), [], name)
      assert.equal(await overflowsSideways(page), false, `${name} scrolls sideways`)
    }
  }

  it('go in by g k, and are not seen again but by who reveals them, which is written down', async () => {
    await goByKeys(page, 'g', 'k', '/secrets')
    await page.getByText('No secrets yet.').waitFor()
    await inBothThemes('empty')
    await page.getByRole('button', { name: 'New secret' }).click()
    await dialog().getByLabel('Name').fill('not a name')
    await dialog().getByLabel('Value').fill(canary)
    await dialog().getByRole('button', { name: 'New secret' }).click()
    assert.equal(await dialog().isVisible(), true)
    await dialog().getByLabel('Name').fill('vault-token')
    await dialog().getByLabel('What it is for').fill('Lets the hub into the Vault')
    await inBothThemes('new')
    await dialog().getByRole('button', { name: 'New secret' }).click()
    await page.getByRole('heading', { name: 'vault-token' }).waitFor()
    await page.getByText('version 1', { exact: true }).waitFor()
    assert.equal(await page.getByText(canary).count(), 0)
    await inBothThemes('one')

    await page.getByRole('button', { name: 'Show vault-token, version 1' }).click()
    await dialog().getByText(canary).waitFor()
    await dialog()
      .getByText(/Hidden again in \d+ s/)
      .waitFor()
    await inBothThemes('shown')
    await page.keyboard.press('Escape')
    assert.equal(await page.getByText(canary).count(), 0)
    await page.getByRole('button', { name: 'Copy without showing: vault-token, version 1' }).click()
    await page.getByText('vault-token copied').waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), canary)
    assert.equal(await page.getByText(canary).count(), 0)
    const { rows } = await ok(api(owner, 'GET', '/audit?filter=secret.reveal'))
    assert.equal((rows as unknown[]).length, 2)
  })

  it('are hidden by themselves after half a minute', async () => {
    await page.getByRole('button', { name: 'Show vault-token, version 1' }).click()
    await dialog().getByText(canary).waitFor()
    await dialog().waitFor({ state: 'detached', timeout: 60_000 })
  })

  it('get another version, and a description', async () => {
    await page.getByRole('button', { name: 'New version' }).click()
    await dialog().getByLabel('Value').fill(`${canary}-2`)
    await dialog().getByRole('button', { name: 'New version' }).click()
    await page.getByText('version 2', { exact: true }).waitFor()
    await page.getByText('version 1', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Change what it is for' }).click()
    await dialog().getByLabel('What it is for').fill('For the Vault')
    await page.keyboard.press('Enter')
    await page.getByText('For the Vault', { exact: true }).waitFor()
  })

  it('may be kept in a Vault, which is set up, tested with its failure in words, and referred to', async () => {
    await page.getByRole('link', { name: 'Kept elsewhere' }).click()
    await page.getByText('None yet. With a Vault').waitFor()
    await inBothThemes('elsewhere-empty')
    await page.getByRole('button', { name: 'Set up a Vault' }).click()
    await dialog()
      .getByLabel(/^Address/)
      .fill('vault.example')
    await dialog().getByRole('button', { name: 'Save' }).click()
    await dialog()
      .getByText(/is an origin: https/)
      .waitFor()
    await dialog()
      .getByLabel(/^Address/)
      .fill(vault.address)
    await inBothThemes('elsewhere-set')
    await dialog().getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Test vault' }).click()
    await page.getByText(/does not let this hub in/).waitFor()
    await inBothThemes('elsewhere-refused')
    vault.tokens.add(`${canary}-2`)
    await page.getByRole('button', { name: 'Test vault' }).click()
    await page.getByText('answers and lets the hub in').waitFor()
    vault.values.set('mail/smtp', { password: 'from-the-vault' })
    await page.getByRole('link', { name: 'Secrets', exact: true }).last().click()
    await page.getByRole('button', { name: 'Refer to one elsewhere' }).click()
    await dialog().getByLabel('Name').fill('SMTP_PASSWORD')
    await dialog().getByLabel('Where').selectOption({ label: 'default' })
    await dialog()
      .getByLabel(/^Reference/)
      .fill('vault:mail/smtp#password')
    await inBothThemes('refer')
    await page.keyboard.press('Enter')
    await page.getByText('It is asked for where it is kept').waitFor()
    await page.getByRole('button', { name: /^Show SMTP_PASSWORD/ }).click()
    await dialog().getByText('from-the-vault').waitFor()
    await page.keyboard.press('Escape')
  })

  it('say what breaks without them, and lead nowhere when their provider is gone', async () => {
    await go('/secrets')
    await page.getByText('2 secrets').waitFor()
    await inBothThemes('list')
    await page.getByLabel(/^Filter/).fill('nothing like it')
    await page.getByText('No secret fits this filter.').waitFor()
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.getByRole('link', { name: 'vault-token' }).click()
    await page.getByRole('button', { name: 'Remove vault-token' }).click()
    await dialog().getByText('the provider vault cannot be asked any more').waitFor()
    await inBothThemes('remove')
    await page.keyboard.press('Escape')
    await go('/secrets/elsewhere')
    await page.getByRole('button', { name: 'Remove vault' }).click()
    await dialog().getByLabel('Type vault to confirm').fill('vault')
    await page.keyboard.press('Enter')
    await page.getByText('None yet. With a Vault').waitFor()
    await go('/secrets')
    await page.getByText('leads nowhere: vault:mail/smtp#password').waitFor()
    await page.getByRole('link', { name: 'SMTP_PASSWORD' }).click()
    await page.getByText('Its provider is gone').waitFor()
    await inBothThemes('orphaned')
  })

  it('are sealed under a key that is changed while one looks on', async () => {
    await go('/secrets/key')
    await page.getByText('2 values sealed').waitFor()
    await page.getByRole('button', { name: 'Change the key' }).click()
    await page.getByText('Change the key: done').waitFor()
    await inBothThemes('key')
    await page.getByText('All values are under this key.').waitFor({ timeout: 30_000 })
  })

  it('hold on a phone, in French, from the bar below', async () => {
    await page.setViewportSize(phone)
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await go('/')
    await page.getByRole('button', { name: 'Plus' }).click()
    await inBothThemes('phone-more')
    await page.getByRole('menuitem', { name: 'Secrets' }).click()
    await page.getByText('2 secrets').waitFor()
    await inBothThemes('phone-list')
    await page.getByRole('link', { name: 'vault-token' }).click()
    await page.getByText('version 2', { exact: true }).waitFor()
    await inBothThemes('phone-one')
    await go('/secrets/elsewhere')
    await page.getByText('Aucun pour le moment.').waitFor()
    await inBothThemes('phone-elsewhere')
    assert.deepEqual(problems, [])
  })
})
