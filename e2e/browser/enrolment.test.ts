import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { need } from '../need.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

describe('the wizard that enrols a host, in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let page: Page
  before(async () => {
    stage = await openStage()
    page = stage.page
  })
  after(async () => {
    await stage?.stop()
    assert.deepEqual(stage.problems, [])
  })

  const go = (path: string) => page.goto(stage.hub.url + path)
  const address = () => page.getByLabel(/^Address under which/)
  const lineNow = async () => /'(flj1\.[^']+)'/.exec((await page.locator('.line-box').textContent()) ?? '')![1]!
  async function seen(name: string): Promise<void> {
    await stage.clean()
    await stage.snap(`enrolment-${name}`)
  }
  async function makeLine(tags = ''): Promise<string> {
    await go('/hosts/enrol')
    await address().fill(stage.base)
    await page.getByLabel('Tags').fill(tags)
    await page.getByRole('button', { name: 'Make the line' }).click()
    return lineNow()
  }

  it('says of an address what is wrong with it, until one types, and takes http:// for this machine alone', async () => {
    await go('/hosts/enrol')
    await address().fill('nonsense')
    await page.keyboard.press('Enter')
    await page.getByText('This is no address that an agent could dial.').waitFor()
    assert.equal(await page.evaluate('document.activeElement.name'), 'address')
    await address().fill(stage.base)
    await page.getByText('This is no address that an agent could dial.').waitFor({ state: 'detached' })
    await address().fill('http://hub.example:8080')
    await page.keyboard.press('Enter')
    await page.getByText('Only this machine reaches the hub over http://').waitFor()
    await seen('http')
    await address().fill('http://localhost:8080')
    await page.keyboard.press('Enter')
    assert.match((await page.locator('.line-box').textContent()) ?? '', /curl -fsSLk http:\/\/localhost:8080\/i\.sh/)
    await page.getByRole('button', { name: 'Cancel the line' }).click()
    await page.getByText('The line was canceled').waitFor()
  })

  it('refuses what cannot be a tag before a line is made, and says which and why', async () => {
    await go('/hosts/enrol')
    await page.getByLabel('Tags').fill('prod a/b')
    await page.keyboard.press('Enter')
    await page.getByText('"a/b" cannot be a tag: "/" may not be in it.').waitFor()
    assert.equal(await page.evaluate('document.activeElement.name'), 'tags')
    await seen('bad-tag')
    await page.getByLabel('Tags').fill('prod')
    await page.getByText('cannot be a tag').waitFor({ state: 'detached' })
  })

  it('finds the line that is waited for again after a reload, also on a phone, and makes another in its place', async () => {
    const join = await makeLine('prod')
    const watched = page.url()
    assert.match(watched, /\?line=/)
    await page.getByText('Copy it now: it is shown once.').waitFor()
    await page.setViewportSize(phone)
    await page.reload()
    await page.getByText(/^A line was made at .* It works once, for another 1[45]:/).waitFor()
    await page.getByText('cannot be shown again').waitFor()
    await page.locator('.checklist li', { hasText: 'Way to the hub' }).getByText('waiting').waitFor()
    assert.ok(!((await page.locator('body').textContent()) ?? '').includes('flj1.'))
    await seen('again')
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.reload()
    await page.getByText(/^Une ligne a été créée à/).waitFor()
    await seen('again-fr')
    await page.evaluate(`localStorage.setItem('language', 'en')`)
    await page.setViewportSize(desktop)
    await page.reload()
    await page.getByRole('button', { name: 'Cancel it and make another' }).press('Enter')
    await page.locator('.line-box').waitFor()
    const next = /'(flj1\.[^']+)'/.exec((await page.locator('.line-box').textContent()) ?? '')![1]!
    assert.notEqual(next, join)
    assert.notEqual(page.url(), watched)
    await assert.rejects(stage.join(join, 'late'), /was canceled in the console; make another one there/)
    // Whoever begins anew sees what is open, and can go on watching it.
    await go('/hosts/enrol')
    const open = page.locator('.open-lines li')
    await open.getByText('prod').waitFor()
    assert.equal(await open.count(), 1)
    await seen('open-lines')
    await open.getByRole('button', { name: /^Watch/ }).click()
    await page.getByText('cannot be shown again').waitFor()
    await page.getByRole('button', { name: 'Cancel the line' }).click()
    await page.getByText('The line was canceled').waitFor()
    await page.goto(watched)
    await page.getByText('The line was canceled').waitFor()
  })

  // e2e/scenarios/install-docker.test.ts runs it.
  it('has the same line for a host that takes nothing but containers, in both languages, and copies it', async () => {
    await makeLine()
    const usual = (await page.locator('.line-box').textContent())!
    assert.equal(await page.locator('.line-box').innerText(), usual, 'what is selected by hand is the line')
    await page.getByText('Does the host take nothing but containers?').press('Enter')
    const other = page.locator('details .line-box')
    assert.equal(await other.textContent(), `${usual} --container`)
    await page.getByRole('button', { name: 'Copy the line for a container' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), `${usual} --container`)
    await page.getByText('add its name: --base IMAGE').waitFor()
    await seen('container')
    // A line that is over has none.
    await page.getByRole('button', { name: 'Cancel the line' }).click()
    await other.waitFor({ state: 'detached' })
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.setViewportSize(phone)
    await go('/hosts/enrol')
    await address()
      .or(page.getByLabel(/^Adresse sous laquelle/))
      .fill(stage.base)
    await page.getByRole('button', { name: 'Créer la ligne' }).click()
    await page.getByText('L’hôte n’accepte-t-il que des conteneurs ?').click()
    await page.getByRole('button', { name: 'Copier la ligne pour un conteneur' }).waitFor()
    await seen('container-phone-fr')
    await page.getByRole('button', { name: 'Annuler la ligne' }).click()
    await page.getByText('La ligne a été annulée').waitFor()
    await page.evaluate(`localStorage.setItem('language', 'en')`)
    await page.setViewportSize(desktop)
  })

  it('says of a line that a second host showed that it is used up, and nothing against the first', async () => {
    const spent = await makeLine()
    await stage.join(spent, 'alpha')
    await page.getByRole('link', { name: 'Enrolled as alpha.' }).waitFor()
    // It was said beside the host that had come in that its key was not stored.
    await assert.rejects(stage.join(spent, 'second'), /was used by another host; each host needs its own, make one in the console/)
    await page.getByText(/^Another host \(127\.0\.0\.1\) showed this line at .* Each host needs a line of its own/).waitFor()
    assert.equal(await page.locator('.checklist').getByText('failed').count(), 0)
    await seen('used-twice')
    await page.reload()
    await page.getByRole('link', { name: 'Enrolled as alpha.' }).waitFor()
    await page.getByText('The line has been used').waitFor()
  })

  // It told whoever mistyped a password to sign in again, and the refusal stood there while they did.
  it('a wrong password is said, without what is beside the point, until one types', async () => {
    await page.context().clearCookies()
    await go('/')
    await page.getByLabel('E-mail').fill('owner@example.test')
    await page.getByLabel('Password').fill('wrong wrong wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await page.getByText('E-mail or password is wrong.').waitFor()
    assert.equal(await page.getByText('Sign in again.').count(), 0)
    await seen('gate-wrong-password')
    await page.keyboard.type('f')
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })
})
