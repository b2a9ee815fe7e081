import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { openFakeEngine, type FakeEngine } from '../fakes/engine.ts'
import { openWorld, type World } from '../fakes/world.ts'
import { createPerson, type Person } from '../fleet/console.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { openBareStage, phone, type BareStage } from './observe.ts'

const laptop = { width: 1280, height: 800 }
const password = 'four unrelated words'
// No spaces to break at; a flag of four code points, a mark that turns text around, one that has no width.
const long = (length: number) => `${'x'.repeat(length - 12)}🚢👩‍🚀\u202Eabc`.slice(0, length)
const names = {
  organization: long(128),
  person: long(128),
  host: 'h'.repeat(63),
  container: `c${'o'.repeat(252)}`,
  image: `registry.example/${'i'.repeat(200)}:${'v'.repeat(60)}`,
  tag: `t${'a'.repeat(62)}`,
}

interface Wide {
  readonly what: string
  readonly text: string
}

/** What lies beyond the right edge of the window, or of the box it is cut off by, without a way to reach it. */
const outside = `(() => {
  const reachable = (element) => {
    for (let above = element; above !== null; above = above.parentElement) {
      const style = getComputedStyle(above)
      // The page itself is read from top to bottom; a table or a document may be pushed sideways.
      if (/auto|scroll/.test(style.overflowX) && !above.matches('html, main')) return true
      if (above !== element && /hidden|clip/.test(style.overflowX) && style.textOverflow === 'ellipsis') return true
      if (style.position === 'fixed' || above.matches('[aria-hidden=true], dialog:not([open])')) return true
    }
    return false
  }
  return [...document.querySelectorAll('body *')].filter((element) => {
    const { right, left, width, height } = element.getBoundingClientRect()
    if (width === 0 || height === 0) return false
    const frame = element.parentElement?.closest('.card, .box, .note, .notice, .chip, .menu-list, [role=dialog], button')?.getBoundingClientRect()
    return (right > innerWidth + 1 || left < -1 || (frame !== undefined && right > frame.right + 1)) && !reachable(element)
  }).map((element) => ({ what: element.tagName + '.' + element.className, text: (element.textContent ?? '').slice(0, 40) })).slice(0, 5)
})()`

describe('names as long as they may be, in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: BareStage
  let page: Page
  let world: World
  let fake: FakeEngine
  let owner: Person
  let host = ''
  let container = ''
  const dir = mkdtempSync('/var/tmp/fairlead-long-')

  before(async () => {
    stage = await openBareStage()
    page = stage.page
    world = openWorld([{ name: names.container, image: names.image, linesPerSecond: 1 }])
    fake = await openFakeEngine(join(dir, 'engine.sock'), world)
    owner = createPerson(stage.base)
    const { organization, person } = names
    const body = { code: stage.hub.code, name: person, email: `${'e'.repeat(60)}@example.test`, password, organization }
    assert.equal((await owner.ask('POST', '/api/v1/setup', { body })).status, 200)
    // Signing in again takes a password alone here.
    assert.equal((await owner.ask('PUT', '/api/v1/factors/policy', { body: { secondFactor: 'optional' } })).status, 200)
    const tags = Array.from({ length: 6 }, (_, n) => `${n}${names.tag}`.slice(0, 63))
    const made = await owner.ask('POST', '/api/v1/invitations', { body: { address: stage.base, tags } })
    await stage.join(String(made.body['join']), 'short', fake.socket)
    const hosts = async () => JSON.parse((await owner.ask('GET', '/api/v1/hosts')).text) as { id: string; counts: Record<string, number> }[]
    await until(async () => (await hosts())[0]?.counts['container'] === 1)
    host = (await hosts())[0]!.id
    assert.equal((await owner.ask('PATCH', `/api/v1/hosts/${host}`, { body: { name: names.host } })).status, 200)
    container = /"id":"([0-9a-f]{64})"/.exec((await owner.ask('GET', `/api/v1/hosts/${host}/containers`)).text)![1]!
    await page.goto(stage.hub.url)
    await page.getByLabel('E-mail').fill(body.email)
    await page.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
  })
  after(async () => {
    await stage?.stop()
    await fake?.close().catch(() => undefined)
    world?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  async function fits(name: string): Promise<void> {
    const wide = await page.evaluate<Wide[]>(outside)
    await stage.snap(`long-${name}`)
    assert.deepEqual(wide, [], name)
    await stage.clean()
  }

  for (const [name, size] of Object.entries({ phone, laptop }))
    for (const [screen, path, shown] of [
      ['overview', () => '/', 'Overview'],
      ['hosts', () => '/hosts', names.host],
      ['host', () => `/hosts/${host}`, names.host],
      ['settings', () => `/hosts/${host}/settings`, names.host],
      ['containers', () => '/containers', names.container.slice(0, 40)],
      ['container', () => `/containers/${host}/${container}`, names.container.slice(0, 40)],
      ['inspect', () => `/containers/${host}/${container}/inspect`, names.container.slice(0, 40)],
      ['logs', () => `/containers/${host}/${container}/logs`, names.container.slice(0, 40)],
      ['terminals', () => '/terminals', 'Terminal'],
      ['activity', () => '/activity', 'Activity'],
    ] as const)
      it(`leave everything within the window: ${screen}, ${name}`, async () => {
        await page.setViewportSize(size)
        await page.goto(stage.hub.url + path())
        await page.locator('main').getByText(shown).first().waitFor()
        await fits(`${screen}-${name}`)
      })

  it('leave the bar at the top one line, with each of its buttons in sight, the whole name a hover away', async () => {
    for (const size of [phone, laptop]) {
      await page.setViewportSize(size)
      await page.goto(stage.hub.url)
      const menu = page.locator('header.top .user')
      await menu.waitFor()
      const box = (await menu.boundingBox())!
      assert.ok(box.x >= 0 && box.x + box.width <= size.width, JSON.stringify(box))
      assert.ok(box.height < 48, `${box.height} px high`)
      await menu.click()
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor()
      await fits(`menu-${size.width}`)
      await page.keyboard.press('Escape')
    }
    assert.match((await page.locator('header.top .organization').getAttribute('title')) ?? '', /^x{100}/)
  })

  async function dialogs(): Promise<void> {
    for (const action of ['Add tags', 'Take tags away', 'Remove hosts']) {
      await page.keyboard.press('Control+a')
      await page.locator('.foot').getByRole('button', { name: 'Actions' }).click()
      await fits(`actions-${action}`)
      await page.getByRole('menuitem', { name: action }).click()
      await page.getByRole('dialog').waitFor()
      await fits(`dialog-${action}`)
      await page.keyboard.press('Escape')
    }
  }

  it('leave dialogs and what is beside a list within the window', async () => {
    for (const size of [phone, laptop]) {
      await page.setViewportSize(size)
      await page.goto(`${stage.hub.url}/hosts`)
      await page.locator('main').getByText(names.host).first().waitFor()
      await page.keyboard.press('Control+a')
      await fits(`hosts-selected-${size.width}`)
      await dialogs()
      await page.goto(`${stage.hub.url}/containers`)
      await page.locator('main').getByText(names.container.slice(0, 40)).first().waitFor()
      await page.keyboard.press('j')
      await page.keyboard.press(' ')
      await fits(`peek-${size.width}`)
      await page.keyboard.press('Control+k')
      await page.keyboard.type('coo')
      await page.locator('.palette [role=option]').first().waitFor()
      await fits(`palette-${size.width}`)
      await page.keyboard.press('Escape')
    }
  })
})
