import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { openRealProvider, type RealProvider } from '../../hub/src/identities/test-real-provider.ts'
import { createOwner, ok, api, type Person } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { ageProofs } from '../fleet/proofs.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn } from './browser.ts'
import { desktop, phone } from './observe.ts'

const secret = 'canary-hunter2-canary-hunter2-canary'

// A browser, a hub and a certified provider: three programs on three addresses, as people have them.
describe('sign-in by a provider in the console', need('chromium'), () => {
  let hub: HubProcess
  let owner: Person
  let real: RealProvider
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let id = ''
  const problems: string[] = []

  before(async () => {
    real = await openRealProvider('fairlead', secret, () => [`${hub.url}/auth/oidc/${id}/callback`])
    hub = await startHub({ env: { FAIRLEAD_OUTBOUND_ALLOW: '127.0.0.0/8' } })
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags })
    ;({ context, page } = await open())
  })
  after(async () => {
    await browser?.close()
    real?.close()
    await hub?.stop()
  })

  async function open(locale = 'en-GB') {
    const where = await browser.newContext({ viewport: desktop, locale })
    const made = await where.newPage()
    made.setDefaultTimeout(30_000)
    made.on('pageerror', (error) => problems.push(error.message))
    made.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()))
    return { context: where, page: made }
  }
  async function clean(of: Page): Promise<void> {
    for (const theme of ['light', 'dark']) {
      await of.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
      assert.deepEqual(await findBarriers(of), [])
    }
    for (const size of [phone, desktop]) {
      await of.setViewportSize(size)
      assert.equal(await overflowsSideways(of), false, 'the page scrolls sideways')
    }
  }
  /** At the provider’s own pages; `known`: they agreed the last time. */
  async function signInThere(of: Page, name: string, known = false): Promise<void> {
    await of.locator('input[name=login]').fill(name)
    await of.locator('input[name=password]').fill('any')
    await of.locator('button[type=submit]').click()
    if (!known) await of.getByRole('button', { name: 'Continue' }).click()
  }
  const dialog = () => page.getByRole('dialog')

  it('is set up with what the provider shows, tested, given a rule, and opened', async () => {
    await signIn(page, hub.url)
    await page.goto(`${hub.url}/access/sign-in`)
    await page.getByText('No provider yet.').waitFor()
    await clean(page)
    await page.getByRole('button', { name: 'Add a provider' }).click()
    assert.equal(await dialog().getByRole('button', { name: 'Add a provider' }).isDisabled(), true)
    await dialog().getByLabel('Name').fill('Harbour')
    await dialog().getByLabel('Issuer').fill(real.issuer)
    await dialog().getByLabel('Client ID').fill('fairlead')
    await dialog().getByLabel('Client secret').fill('wrong')
    await clean(page)
    await dialog().getByRole('button', { name: 'Add a provider' }).click()
    await page.getByRole('heading', { name: 'Harbour', exact: true }).waitFor()
    id = page.url().split('/').at(-1)!
    await page.getByText(`${hub.url}/auth/oidc/${id}/callback`).waitFor()
    await page.getByText('nobody new gets in').waitFor()
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText('It refuses the client or its secret.').waitFor()
    await clean(page)
    await page.getByRole('button', { name: 'Change' }).click()
    assert.equal(await dialog().getByLabel('Client secret').inputValue(), '')
    await dialog().getByLabel('Client secret').fill(secret)
    await dialog().getByRole('button', { name: 'Save' }).click()
    await dialog().waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Test again' }).click()
    await page.getByText('It knows this client and its secret: fine').waitFor()
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await dialog().getByLabel('Group at the provider').fill('ops')
    await dialog().getByLabel('Role').selectOption('operator')
    await clean(page)
    await dialog().getByRole('button', { name: 'Add a rule' }).click()
    await page.getByText('ops', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Open it' }).click()
    await page.getByRole('button', { name: 'Close it' }).waitFor()
    await clean(page)
    assert.equal((await page.content()).includes(secret), false)
  })

  it('brings people back to the page that they wanted, signed in, past the strict cookie [security 81 88 100]', async () => {
    real.groups.set('ines', ['ops'])
    const at = await open()
    await at.page.goto(`${hub.url}/profile?x=1`)
    await at.page.getByText('whoever has a password or a passkey here').waitFor()
    await clean(at.page)
    await at.page.getByRole('button', { name: 'Sign in through Harbour' }).click()
    await signInThere(at.page, 'ines')
    await at.page.getByRole('heading', { name: 'Your account', level: 1, exact: true }).waitFor()
    assert.equal(at.page.url(), `${hub.url}/profile?x=1`)
    await at.page.getByText('your account stands on it').waitFor()
    await clean(at.page)
    await at.page.reload()
    await at.page.getByText('your account stands on it').waitFor()
    await at.context.close()
  })

  it('says in words of one’s own language why somebody is not in, and leaves the way by password', async () => {
    const at = await open('fr-FR')
    await at.page.goto(hub.url)
    await at.page.getByRole('button', { name: 'Se connecter par Harbour' }).click()
    await signInThere(at.page, 'hugo')
    await at.page.getByText('aucun de vos groupes n’a de rôle ici').waitFor()
    assert.equal(new URL(at.page.url()).hash, '')
    await clean(at.page)
    await at.page.getByLabel('E-mail').fill('owner@example.test')
    await at.page.getByLabel('Mot de passe').fill('four unrelated words')
    await at.page.getByRole('button', { name: 'Se connecter', exact: true }).click()
    await at.page.getByRole('navigation').first().waitFor()
    await at.context.close()
  })

  it('is linked by whoever is signed in, and unlinked', async () => {
    await page.goto(`${hub.url}/profile`)
    await page.getByRole('button', { name: 'Link Harbour' }).click()
    await signInThere(page, 'odile')
    await page.getByText('odile of the harbour').waitFor()
    await page.getByText('linked').first().waitFor()
    await clean(page)
    await page.getByRole('button', { name: 'Unlink Harbour' }).click()
    await page.getByRole('button', { name: 'Link Harbour' }).waitFor()
  })

  it('is gone to again by whoever has no password here and must prove that it is still them; then their act goes through', async () => {
    const reach = { on: 'organization' }
    await ok(api(owner, 'POST', `/identity-providers/${id}/rules`, { group: 'leads', role: 'admin', reach }))
    real.groups.set('lea', ['leads'])
    const at = await open()
    await at.page.goto(`${hub.url}/access`)
    await at.page.getByRole('button', { name: 'Sign in through Harbour' }).click()
    await signInThere(at.page, 'lea')
    await at.page.getByRole('button', { name: 'Invite a person' }).waitFor()
    const before = (await at.context.cookies(hub.url)).find(({ name }) => name === '__Host-fairlead')!.value
    await ageProofs(hub)
    await at.page.goto(`${hub.url}/access?filter=lea`)
    const invite = async () => {
      await at.page.getByRole('button', { name: 'Invite a person' }).click()
      await at.page.getByRole('dialog').getByLabel('E-mail').fill('carl@example.test')
      await at.page.getByRole('button', { name: 'Make the link' }).click()
    }
    await invite()
    const asked = at.page.getByRole('dialog', { name: 'Is it still you?' })
    await asked.getByText('You came in through Harbour').waitFor()
    await clean(at.page)
    await at.page.keyboard.press('Escape')
    await asked.waitFor({ state: 'detached' })
    await at.page.getByText('Prove that it is still you').waitFor()
    await at.page.getByRole('button', { name: 'Make the link' }).click()
    await asked.getByRole('button', { name: 'Sign in again through Harbour' }).click()
    // Asked for once more there, though the browser is still signed in.
    await signInThere(at.page, 'lea', true)
    await at.page.getByRole('button', { name: 'Invite a person' }).waitFor()
    assert.equal(at.page.url(), `${hub.url}/access?filter=lea`)
    const after = (await at.context.cookies(hub.url)).find(({ name }) => name === '__Host-fairlead')!.value
    assert.notEqual(after, before)
    await invite()
    await at.page.getByText('Copy it now: it is shown once.').waitFor()
    await at.context.close()
  })

  it('puts everybody out who came through it when it is closed, within a second or so [security 84]', async () => {
    const at = await open()
    await at.page.goto(hub.url)
    await at.page.getByRole('button', { name: 'Sign in through Harbour' }).click()
    await signInThere(at.page, 'ines')
    await at.page.getByRole('heading', { name: 'Overview' }).waitFor()
    // Their proof is old by now.
    await ok(api(owner, 'POST', '/logins', { email: 'owner@example.test', password: 'four unrelated words' }))
    await ok(api(owner, 'PATCH', `/identity-providers/${id}`, { enabled: false }))
    await at.page.getByLabel('Password').waitFor()
    assert.equal(await at.page.getByRole('button', { name: 'Sign in through Harbour' }).count(), 0)
    await at.context.close()
    await context.close()
    assert.deepEqual(problems, [])
  })
})
