import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { CDPSession, Page } from 'playwright-core'
import { api, createPerson, ok } from '../fleet/console.ts'
import { ageProofs } from '../fleet/proofs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { openLone, type Lone } from './lone.ts'
import { phone } from './observe.ts'

const first = 'four unrelated words'
const second = 'nine lamps along a quay'

describe('what holds an account, in the console', need('chromium'), () => {
  let lone: Lone
  let page: Page
  let devtools: CDPSession

  before(async () => {
    lone = await openLone()
    page = lone.page
    devtools = await lone.context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
  })
  after(() => lone?.stop())

  const go = (path: string) => page.goto(lone.hub.url + path)
  const asked = () => page.getByRole('dialog', { name: 'Is it still you?' })
  const base = () => `https://127.0.0.1:${lone.hub.httpsPort}`
  const signIn = async (password: string) => {
    const person = createPerson(base())
    return { person, ...(await api(person, 'POST', '/logins', { email: 'owner@example.test', password })) }
  }

  it('a password is changed by who knows it, for one that nobody tries first; every other login ends with it', async () => {
    const { person } = await signIn(first)
    const { session } = await person.open()
    await go('/profile')
    const change = async (current: string, next: string) => {
      await page.getByLabel('Current password').fill(current)
      await page.getByLabel('New password').fill(next)
      await page.getByRole('button', { name: 'Change the password' }).click()
    }
    const focused = () => page.evaluate('document.activeElement.name')
    await change('not my password at all', second)
    await page.getByRole('alert').getByText('The password is wrong').waitFor()
    assert.equal(await focused(), 'current')
    assert.equal(await page.getByLabel('New password').inputValue(), second, 'what was typed is gone')
    await lone.inBothThemes('account-password-wrong')
    await change(first, 'correcthorsebatterystaple')
    await page.getByRole('alert').getByText('one of the first that an attacker tries').waitFor()
    assert.equal(await focused(), 'password')
    await lone.inBothThemes('account-password-common')
    assert.equal((await api(person, 'GET', '/me')).status, 200)
    await change(first, second)
    await page.locator('.notice').getByText('The password was changed').waitFor()
    await until(() => !session.alive)
    assert.equal((await api(person, 'GET', '/me')).status, 401)
    assert.equal(await page.getByLabel('New password').inputValue(), '')
    await page.getByRole('alert').waitFor({ state: 'detached' })
    // The page goes on, under another cookie.
    await page.getByRole('link', { name: 'Hosts' }).click()
    await page.getByText('No hosts yet').first().waitFor()
    assert.equal((await signIn(first)).status, 401)
    const again = await signIn(second)
    assert.equal(again.status, 200)
    lone.owner.cookie = again.person.cookie
  })

  it('a passkey is renamed, and removed by its name; what came with it goes, and the password is enough again', async () => {
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    } as const
    await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, automaticPresenceSimulation: true } })
    await go('/profile')
    await page.getByLabel('What to call it').fill('Desk')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('button', { name: 'I have kept them' }).click()
    const own = page.getByRole('listitem').filter({ hasText: 'made' })
    await own.getByText('Desk', { exact: true }).waitFor()
    await own.getByRole('button', { name: 'Rename' }).click()
    await own.getByLabel('What to call it').fill('Desk at the quay')
    await lone.inBothThemes('account-passkey-rename')
    await page.keyboard.press('Enter')
    await own.getByText('Desk at the quay', { exact: true }).waitFor()
    await page.reload()
    await own.getByText('Desk at the quay', { exact: true }).waitFor()
    assert.equal(((await signIn(second)).body['step'] as string | undefined) === undefined, false, 'the password alone lets in')

    await own.getByRole('button', { name: 'Remove' }).click()
    const confirm = page.getByRole('alertdialog')
    assert.equal(await confirm.getByRole('button', { name: 'Remove' }).isDisabled(), true)
    await confirm.getByLabel('Desk at the quay').fill('Desk')
    assert.equal(await confirm.getByRole('button', { name: 'Remove' }).isDisabled(), true)
    await lone.inBothThemes('account-passkey-remove')
    await confirm.getByLabel('Desk at the quay').fill('Desk at the quay')
    await confirm.getByRole('button', { name: 'Remove' }).click()
    await own.waitFor({ state: 'detached' })
    await page.getByText('A passkey was removed').waitFor()
    const alone = await signIn(second)
    assert.deepEqual([alone.status, alone.body['step']], [200, undefined])
    lone.owner.cookie = alone.person.cookie
  })

  it('a fresh proof is asked for where a secret is revealed, and it is revealed then', async () => {
    await ok(api(lone.owner, 'POST', '/secrets', { name: 'door', value: 'opens the shop' }))
    await ageProofs(lone.hub)
    await go('/secrets/one/door')
    await page.getByRole('button', { name: 'Show door, version 1' }).click()
    await asked().getByLabel('Your password').waitFor()
    await lone.inBothThemes('account-step-up-secret')
    await asked().getByLabel('Your password').fill('not it')
    await page.keyboard.press('Enter')
    await asked().getByText('The password is wrong').waitFor()
    await asked().getByLabel('Your password').fill(second)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('opens the shop').waitFor()
    await asked().waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    // For five minutes nothing asks again.
    await page.getByRole('button', { name: 'Copy without showing: door, version 1' }).click()
    await page.getByText('door copied').waitFor()
  })

  it('and where a token is made: what was typed is there after it, and the token is made; left, nothing is', async () => {
    await page.setViewportSize(phone)
    await ageProofs(lone.hub)
    await go('/profile')
    await page.getByRole('button', { name: 'Make a token' }).click()
    const making = page.getByRole('dialog', { name: 'Make a token' })
    await making.getByLabel('What it is for').fill('Nightly backup')
    await making.getByRole('button', { name: 'Only look' }).click()
    await making.getByRole('button', { name: 'Make a token' }).click()
    await asked().waitFor()
    await lone.inBothThemes('account-step-up-token-phone')
    await page.keyboard.press('Escape')
    await asked().waitFor({ state: 'detached' })
    await making.getByText('Prove that it is still you').waitFor()
    assert.equal(await making.getByLabel('What it is for').inputValue(), 'Nightly backup')
    await making.getByRole('button', { name: 'Make a token' }).click()
    await asked().getByLabel('Your password').fill(second)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Copy the token now' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Nightly backup').waitFor()
    assert.deepEqual(lone.problems, [])
  })
})
