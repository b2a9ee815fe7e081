import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createPerson } from '../fleet/console.ts'
import { need } from '../need.ts'
import { openStage, phone, type Stage } from './observe.ts'

describe('service accounts and a directory that provisions, in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  const go = (path: string) => stage.page.goto(stage.hub.url + path)
  const dialog = () => stage.page.getByRole('dialog')
  const inBothThemes = async (name: string) => {
    for (const theme of ['light', 'dark'] as const) {
      await stage.theme(theme)
      await stage.snap(`services-${name}-${theme}`)
      await stage.clean()
    }
  }
  before(async () => void (stage = await openStage()))
  after(() => stage?.stop())

  it('are made, given a token and told apart from people', async () => {
    const { page } = stage
    await go('/access/services')
    await page.getByText('No service accounts yet.').waitFor()
    await inBothThemes('none')
    await page.getByRole('button', { name: 'Make a service account' }).click()
    await dialog().getByLabel('Name').fill('Deploy')
    await page.keyboard.press('Enter')
    await page.locator('.people').getByRole('link', { name: 'Deploy' }).click()
    await page.getByText('No token: nothing acts for this account.').waitFor()
    await page.getByText('service', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Make a token' }).click()
    await dialog().getByLabel('What it is for').fill('nightly')
    await dialog().getByLabel('See hosts', { exact: true }).check()
    await dialog().getByRole('button', { name: 'Make a token' }).click()
    const token = await dialog().locator('.line-box').first().textContent()
    assert.match(token ?? '', /^fl_pat_/)
    await dialog().getByRole('button', { name: 'Close' }).last().click()
    await page.locator('.tokens', { hasText: 'nightly' }).waitFor()
    await inBothThemes('one')
    await go('/access')
    await page.locator('.people').waitFor()
    assert.equal(await page.locator('.people', { hasText: 'Deploy' }).count(), 0)
  })

  it('a directory is connected: address and token, once; whom it makes and lets go is marked', async () => {
    const { page } = stage
    await go('/access/services')
    await page.getByRole('button', { name: 'Connect a directory (SCIM)' }).click()
    await dialog().getByLabel('Name').fill('Entra ID')
    await page.keyboard.press('Enter')
    await dialog().getByText('Entra ID may provision').waitFor()
    const [address = '', token = ''] = await dialog().locator('.line-box').allTextContents()
    assert.equal(new URL(address).pathname, '/scim/v2')
    await inBothThemes('connected')
    const ask = (method: string, path: string, body?: object) =>
      createPerson(`https://127.0.0.1:${stage.hub.httpsPort}`).ask(method, `/scim/v2${path}`, {
        headers: { Authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      })
    const made = await ask('POST', '/Users', {
      userName: 'ada@contoso.example',
      displayName: 'Ada',
      emails: [{ value: 'ada@contoso.example' }],
    })
    assert.equal(made.status, 201, made.text)
    await ask('PATCH', `/Users/${String(made.body['id'])}`, { Operations: [{ op: 'Replace', path: 'active', value: 'False' }] })
    await dialog().getByRole('button', { name: 'Close' }).last().click()
    await go('/access')
    const row = page.locator('.people tr', { hasText: 'Ada' })
    await row.getByText('provisioned').waitFor()
    await row.getByText('deactivated').waitFor()
    await row.getByText('ada@contoso.example').waitFor()
    await inBothThemes('marked')
  })

  it('hold on a phone, in French', async () => {
    const { page } = stage
    await page.setViewportSize(phone)
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await go('/access/services')
    await page.getByRole('link', { name: 'Entra ID' }).waitFor()
    await inBothThemes('phone')
    const wide = await page.evaluate<boolean>('document.documentElement.scrollWidth > window.innerWidth')
    assert.equal(wide, false)
  })
})
