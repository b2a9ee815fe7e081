import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { chromium, type Browser, type BrowserContext, type CDPSession, type Page } from 'playwright-core'
import { createOwner, createPerson, type Person } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { chromiumFlags, overflowsSideways, signIn } from './browser.ts'
import { desktop, phone } from './observe.ts'

/** What an authenticator app shows, at a step counted from now. */
function codeOf(key: string, ahead = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...key.replaceAll(' ', '')].map((sign) => alphabet.indexOf(sign).toString(2).padStart(5, '0')).join('')
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead))
  const mac = createHmac('sha1', secret).update(counter).digest()
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
}

describe('second factors in the console', need('chromium'), () => {
  let hub: HubProcess
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let owner: Person
  let devtools: CDPSession
  let authenticatorId: string
  let key = ''
  let codes: string[] = []
  const problems: string[] = []

  before(async () => {
    ;[hub, browser] = await Promise.all([startHub(), chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags })])
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
    context = await browser.newContext({ viewport: desktop, locale: 'en-GB' })
    page = await open(context)
    devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    await signIn(page, hub.url)
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
  })

  async function open(where: BrowserContext): Promise<Page> {
    const made = await where.newPage()
    made.setDefaultTimeout(30_000)
    made.on('pageerror', (error) => problems.push(error.message))
    made.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()))
    return made
  }

  async function clean(name: string, of = page): Promise<void> {
    const shots = process.env['FAIRLEAD_SHOTS']
    if (shots !== undefined) {
      mkdirSync(shots, { recursive: true })
      await of.screenshot({ path: join(shots, `factors-${name.replaceAll(/\W+/g, '-')}.png`), fullPage: true })
    }
    assert.deepEqual(await findBarriers(of), [], name)
    assert.equal(await overflowsSideways(of), false, `${name} scrolls sideways`)
  }

  async function signOut(): Promise<void> {
    await page.getByRole('button', { name: 'Owner' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  }

  async function password(): Promise<void> {
    await page.getByLabel('E-mail').fill('owner@example.test')
    await page.getByLabel('Password').fill('four unrelated words')
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  it('an authenticator app is added from the account’s page, and its recovery codes are shown once', async () => {
    await page.getByRole('button', { name: 'Owner' }).click()
    await page.getByRole('menuitem', { name: 'Your account' }).click()
    await page.getByRole('heading', { name: 'Authenticator app' }).waitFor()
    await clean('profile')
    await page.getByRole('button', { name: 'Add an app' }).click()
    await page.getByRole('img', { name: /QR code/ }).waitFor()
    await clean('profile with the square')
    key = (await page.locator('section code').textContent()) ?? ''
    await page.getByLabel('Code', { exact: true }).fill('abc')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('not what the app shows now').waitFor()
    await page.getByLabel('Code', { exact: true }).fill(codeOf(key))
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('shown this once').waitFor()
    codes = ((await page.locator('pre.codes').textContent()) ?? '').split('\n')
    assert.equal(codes.length, 10)
    await clean('profile with codes')
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText('10 codes left').waitFor()
    await page.getByText('An authenticator app was added').waitFor()
  })

  it('the password alone is not enough then: a wrong code is said, a recovery code goes in', async () => {
    await signOut()
    await clean('sign-in')
    await password()
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
    await clean('second step')
    await page.getByLabel('Code from your app').fill('000')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('This code is wrong').waitFor()
    await page.getByRole('button', { name: 'A recovery code instead' }).click()
    await page.getByLabel('Recovery code').fill(codes[0]!.toUpperCase())
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your account', exact: true }).waitFor()
    await page.getByText('9 codes left').waitFor()
    await page.getByText('A recovery code was used').waitFor()
  })

  it('what wants a fresh proof asks for it in a dialog, and then goes on with what was asked', async () => {
    let refused = 0
    // As the hub answers more than five minutes after the last proof.
    await page.route('**/api/v1/factors/recovery-codes', (route) => {
      if (refused++ > 0) return route.continue()
      const error = { code: 'unproven', message: 'Prove that it is still you, then ask again.', details: { stepUp: ['totp', 'recovery'] } }
      return route.fulfill({ status: 403, json: { error } })
    })
    await page.getByRole('button', { name: 'Draw ten new ones' }).click()
    await page.getByRole('dialog', { name: 'Is it still you?' }).waitFor()
    await clean('step-up')
    await page.keyboard.press('Escape')
    await page.getByText('Prove that it is still you').waitFor()
    refused = 0
    await page.getByRole('button', { name: 'Draw ten new ones' }).click()
    await page.getByRole('dialog').getByLabel('Code from your app').fill(codeOf(key, 1))
    await page.keyboard.press('Enter')
    await page.getByText('shown this once').waitFor()
    codes = ((await page.locator('pre.codes').textContent()) ?? '').split('\n')
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.unroute('**/api/v1/factors/recovery-codes')
    // The session of the old cookie is over; the page is not.
    await page.getByRole('link', { name: 'Hosts' }).click()
    await page.getByText('No hosts yet').first().waitFor()
    assert.equal(await page.getByText('Reconnecting').count(), 0)
  })

  it('a passkey is added, named, and signs in without a password [security 98]', async () => {
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    } as const
    ;({ authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: { ...options, automaticPresenceSimulation: true },
    }))
    await page.goto(`${hub.url}/profile`)
    await page.getByLabel('What to call it').fill('Desk')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByText('Desk', { exact: true }).waitFor()
    await page.getByText('A passkey was added').waitFor()
    await clean('profile with a passkey')
    // In the field it would be taken as soon as it is offered: here it is the button that asks.
    await page.evaluate('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
    await signOut()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('heading', { name: 'Your account', exact: true }).waitFor()
    await page.getByText('by passkey').waitFor()
  })

  it('a passkey that is not there, or a person who leaves, is said in words, and the password is still a way in', async () => {
    await signOut()
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('The passkey did not answer').waitFor()
    await clean('sign-in, a passkey failed')
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
    await password()
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
    await page.getByRole('button', { name: 'Use your passkey' }).click()
    await page.getByText('by passkey').waitFor()
  })

  it('a passkey is offered where the e-mail is typed, and what is picked there signs in', async () => {
    await page.getByRole('button', { name: 'Owner' }).click()
    // A page that is loaded anew has the browser's own answer again.
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Your account', exact: true }).waitFor()
    await page.getByText('by passkey').waitFor()
  })

  it('other logins are seen, and end at once where they are', async () => {
    const other = createPerson(`https://127.0.0.1:${hub.httpsPort}`)
    const first = await other.ask('POST', '/api/v1/logins', { body: { email: 'owner@example.test', password: 'four unrelated words' } })
    const given = { factor: 'recovery', code: codes[1] }
    assert.equal((await other.ask('POST', '/api/v1/logins/second', { body: { step: first.body['step'], given } })).status, 200)
    const { session } = await other.open()
    await page.reload()
    await page.getByText('by recovery code').waitFor()
    await page.getByRole('button', { name: 'End all others' }).click()
    await page.getByText('Nowhere else.').waitFor()
    await until(() => !session.alive)
    assert.equal((await other.ask('GET', '/api/v1/me')).status, 401)
    assert.equal((await owner.ask('GET', '/api/v1/me')).status, 401)
  })

  it('whoever must have a second factor and has none gets it first, and is in', async () => {
    await page.goto(`${hub.url}/settings`)
    await page.getByLabel('A second factor', { exact: true }).selectOption('everyone')
    await page.getByText('A second factor: done').waitFor()
    await page.goto(`${hub.url}/profile`)
    const base = `https://127.0.0.1:${hub.httpsPort}`
    const cookies = await context.cookies(hub.url)
    const admin = createPerson(base)
    admin.cookie = `__Host-fairlead=${cookies.find(({ name }) => name === '__Host-fairlead')!.value}`
    const invited = await admin.ask('POST', '/api/v1/accounts/invitations', { body: { email: 'noel@example.test', role: 'viewer' } })
    assert.equal(invited.status, 200, invited.text)
    const secret = /[\w-]{40,}/.exec(String(invited.body['link']))![0]
    const noel = createPerson(base)
    const joined = await noel.ask('POST', '/api/v1/accounts/accept', { body: { secret, name: 'Noel', password: 'four unrelated words' } })
    assert.equal(joined.status, 200, joined.text)
    assert.equal((await noel.ask('GET', '/api/v1/hosts')).status, 403)
    const theirs = await browser.newContext({ viewport: phone, locale: 'fr-FR' })
    const tab = await open(theirs)
    await tab.goto(hub.url)
    await tab.getByLabel('E-mail').fill('noel@example.test')
    await tab.getByLabel('Mot de passe').fill('four unrelated words')
    await tab.getByRole('button', { name: 'Se connecter' }).click()
    await tab.getByRole('heading', { name: 'D’abord un second facteur' }).waitFor()
    await clean('must enrol', tab)
    await tab.getByRole('button', { name: 'Ajouter une application' }).click()
    await tab.getByLabel('Le code').fill(codeOf((await tab.locator('section code').textContent()) ?? ''))
    await tab.getByRole('button', { name: 'Confirmer' }).click()
    await tab.getByRole('button', { name: 'Je les ai gardés' }).click()
    await tab.locator('nav.rail').waitFor()
    await theirs.close()
  })

  it('the account’s page holds in French, in the dark and on a phone, and nothing broke', async () => {
    await page.evaluate(`document.documentElement.dataset.theme = 'dark'`)
    await clean('profile in the dark')
    await page.setViewportSize(phone)
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.reload()
    await page.getByRole('heading', { name: 'Votre compte', exact: true }).waitFor()
    await page.getByRole('heading', { name: 'Clés d’accès' }).waitFor()
    await clean('profile on a phone, in French')
    assert.deepEqual(problems, [])
  })
})
