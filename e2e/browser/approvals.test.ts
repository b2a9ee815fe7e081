import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { api, createOwner, createPerson, ok, type Person } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn } from './browser.ts'
import { desktop, phone } from './observe.ts'

const password = 'nine lamps along a quay'

describe('two people in the console', need('chromium'), () => {
  let hub: HubProcess
  let browser: Browser
  let page: Page
  let owner: Person
  let bea: Person
  const problems: string[] = []
  before(async () => {
    ;[hub, browser] = await Promise.all([startHub(), chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags })])
    const base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'bea@example.test', role: 'owner' }))
    bea = createPerson(base)
    await ok(api(bea, 'POST', '/accounts/accept', { secret: String(link).split('#')[1], name: 'Bea', password }))
    for (const name of ['door', 'window']) await ok(api(owner, 'POST', '/secrets', { name, value: `the ${name}` }))
    page = await browser.newPage({ viewport: desktop, locale: 'en-GB' })
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => problems.push(error.message))
    await signIn(page, hub.url)
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
  })
  const dialog = () => page.getByRole('dialog')
  async function clean(name: string): Promise<void> {
    const shots = process.env['FAIRLEAD_SHOTS']
    for (const theme of ['light', 'dark'] as const) {
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
      if (shots !== undefined) await page.screenshot({ path: `${shots}/approvals-${name}-${theme}.png` })
      assert.deepEqual(await findBarriers(page), [], name)
      assert.equal(await overflowsSideways(page), false, `${name} scrolls sideways`)
    }
  }

  it('are asked for in the settings; what is refused then asks the other one, who agrees', async () => {
    await page.goto(`${hub.url}/settings`)
    await page.getByLabel('Reveal a secret').click()
    await page.getByText('Reveal a secret: done').waitFor()
    assert.equal(await page.getByLabel('Reveal a secret').isChecked(), true)
    await clean('policy')
    await page.goto(`${hub.url}/secrets/one/door`)
    await page.getByRole('button', { name: 'Show door, version 1' }).click()
    await page.getByRole('dialog', { name: 'A second person must agree' }).waitFor()
    await clean('ask')
    await page.getByRole('dialog', { name: 'A second person must agree' }).getByLabel('Why').fill('the shop is down')
    await page.getByRole('button', { name: 'Ask for it' }).click()
    await page.getByText('Asked. It stands under').waitFor()
    const [asked] = JSON.parse((await api(bea, 'GET', '/approvals')).text) as { id: string; why: string }[]
    assert.equal(asked?.why, 'the shop is down')
    await ok(api(bea, 'POST', `/approvals/${asked!.id}/decision`, { yes: true }))
    await page.goto(`${hub.url}/approvals`)
    await page.getByText('agreed by Bea: do it now').waitFor()
    await clean('agreed')
    await page.goto(`${hub.url}/secrets/one/door`)
    await page.getByRole('button', { name: 'Show door, version 1' }).click()
    await dialog().getByText('the door').waitFor()
  })

  it('see in the frame how many wait for them, and decide on a phone, in French', async () => {
    await ok(api(bea, 'POST', '/approvals', { method: 'secrets.reveal', input: { name: 'window' }, why: 'a look' }))
    await page.setViewportSize(phone)
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.goto(hub.url)
    await page.getByRole('link', { name: '1 attend votre oui' }).click()
    await page.getByText('a look').waitFor()
    await clean('phone-fr')
    await page.getByRole('button', { name: /^Accepter/ }).click()
    await page.getByText('accepté par Owner').waitFor()
    assert.equal((await api(bea, 'POST', '/secrets/window/reveal', {})).status, 200)
    assert.deepEqual(problems, [])
  })
})
