import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { createPerson } from '../fleet/console.ts'
import { need } from '../need.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

describe('tokens in the console', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let page: Page
  let token = ''

  before(async () => {
    stage = await openStage()
    page = stage.page
  })
  after(() => stage?.stop())

  const dialog = () => page.getByRole('dialog')
  const go = (path: string) => page.goto(stage.hub.url + path)
  const use = (path: string) => createPerson(stage.base).ask('GET', `/api/v1${path}`, { headers: { Authorization: `Bearer ${token}` } })
  async function inBothThemes(name: string): Promise<void> {
    for (const theme of ['light', 'dark'] as const) {
      await stage.theme(theme)
      await stage.snap(`tokens-${name}-${theme}`)
      await stage.clean()
    }
  }

  it('are made on one’s own page with what was chosen, for 90 days, and shown once', async () => {
    await go('/profile')
    await page.getByText('None yet. A token lets a script').waitFor()
    await page.getByRole('button', { name: 'Make a token' }).click()
    await dialog().getByLabel('What it is for').fill('Nightly backup')
    assert.equal(await dialog().getByRole('button', { name: 'Make a token' }).isDisabled(), true)
    await dialog().getByText('Choose at least one thing').waitFor()
    assert.equal(await dialog().getByLabel('Works for').inputValue(), '90')
    await dialog().getByRole('button', { name: 'Only look' }).click()
    await inBothThemes('make')
    await dialog().getByLabel('Only from these').fill('not an address')
    await dialog().getByRole('button', { name: 'Make a token' }).click()
    await dialog().getByRole('alert').waitFor()
    await inBothThemes('make-refused')
    await dialog().getByLabel('Only from these').fill('127.0.0.0/8\n::1')
    await dialog().getByRole('button', { name: 'Make a token' }).click()
    await page.getByRole('dialog', { name: 'Copy the token now' }).waitFor()
    token = (await dialog().locator('.line-box').first().textContent()) ?? ''
    assert.match(token, /^fl_pat_/)
    await inBothThemes('made')
    await dialog().getByRole('button', { name: 'Copy the token' }).click()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), token)
    assert.equal((await use('/hosts')).status, 200)
    assert.equal((await use('/tokens')).status, 403)
    await page.keyboard.press('Escape')
    await page.getByText('in 90 days').waitFor()
    assert.equal(await page.getByText(token).count(), 0)
    await page.reload()
    await page.getByText('127.0.0.0/8').waitFor()
    await page.getByText('A token for scripts was made').waitFor()
    await inBothThemes('own')
  })

  it('of everybody are found, marked when they are about to end, and revoked by name or many at once', async () => {
    for (const [name, days] of [
      ['Deploy', 3],
      ['Old one', 30],
      ['Other one', 30],
    ] as const)
      await stage.owner.ask('POST', '/api/v1/tokens', { body: { name, days, scopes: ['hosts:read'] } })
    await go('/access/tokens')
    await page.getByText('4 tokens').waitFor()
    await page.getByText(/soon: in/).waitFor()
    await page.getByLabel(/^Filter/).fill('no such token')
    await page.getByText('No token fits this filter.').waitFor()
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.getByLabel('Choose Old one').check()
    await inBothThemes('all')
    await page.getByRole('button', { name: 'Revoke Nightly backup' }).click()
    await dialog()
      .getByText(/Nightly backup \(fl_pat_/)
      .waitFor()
    await inBothThemes('revoke')
    assert.equal(await dialog().getByRole('button', { name: 'Revoke Nightly backup' }).isDisabled(), true)
    await dialog().getByLabel('Type Nightly backup to confirm').fill('Nightly backup')
    await page.keyboard.press('Enter')
    await page.getByText('3 tokens').waitFor()
    assert.equal((await use('/hosts')).status, 401)
    await page.getByLabel(/^Filter/).fill('one')
    await page.getByLabel('Choose all that are shown').check()
    await page.getByRole('button', { name: 'Revoke 2 tokens' }).click()
    await dialog().getByLabel('Type 2 to confirm').fill('2')
    await page.keyboard.press('Enter')
    await page.getByText('No token fits this filter.').waitFor()
    await page.getByText('2 tokens revoked').waitFor()
  })

  it('hold on a phone and in French, by keys too, and broke nothing', async () => {
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.setViewportSize(phone)
    for (const path of ['/access/tokens', '/profile']) {
      await go(path)
      await page.getByText('Deploy', { exact: true }).waitFor()
      await inBothThemes(`phone-fr${path.replaceAll('/', '-')}`)
    }
    await page.getByRole('button', { name: 'Créer un jeton' }).click()
    await inBothThemes('phone-fr-make')
    await page.keyboard.press('Escape')
    await page.setViewportSize(desktop)
    await page.evaluate(`localStorage.setItem('language', 'en')`)
    await go('/access')
    await page.getByRole('link', { name: 'Tokens' }).waitFor()
    // As many turns as there are tabs before it.
    for (let turns = 0; turns < 9 && !page.url().endsWith('/access/tokens'); turns++) {
      await page.keyboard.press(']')
      await page.waitForTimeout(100)
    }
    await page.waitForURL('**/access/tokens')
    assert.deepEqual(stage.problems, [])
  })
})
