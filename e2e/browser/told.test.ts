import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { need } from '../need.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

const talks = ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo "line $i"; sleep 0.3; done']

/** What lists, pages and the trail say of things: names and words, in both languages, and times that are true when they are read. */
describe('what the console tells, in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let page: Page
  before(async () => {
    stage = await openStage()
    page = stage.page
    await stage.enrol('alpha')
    await stage.engine.run('web', talks, { Labels: { 'com.docker.compose.project': 'shop' } })
    await stage.engine.run('db', ['sleep', '100000'])
    // Engines count in seconds: it ends in a later one than those before it began.
    await new Promise((resolve) => setTimeout(resolve, 2100))
    await stage.engine.run('job', ['sh', '-c', 'exit 3'])
  })
  after(() => stage?.stop())

  const go = (path: string, of = page) => of.goto(stage.hub.url + path)
  const row = (name: string, of = page) => of.locator('.grid-body .grid-row', { has: of.getByRole('link', { name, exact: true }) })
  const inFrench = async (look: () => Promise<void>) => {
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.reload()
    await look().finally(back)
  }
  const back = async () => {
    await page.evaluate(`localStorage.setItem('language', 'en')`)
    await page.reload()
  }

  it('how long a container is up goes on by itself, and is sorted by', async () => {
    const later = await stage.openPage(
      await stage.browser.newContext({ locale: 'en-GB', storageState: await stage.context.storageState() }),
    )
    await later.clock.install()
    await go('/containers', later)
    await row('web', later)
      .getByText(/^up \d+s$/)
      .waitFor()
    await row('job', later)
      .getByText(/^\d+s ago$/)
      .waitFor()
    await later.clock.fastForward('02:00:00')
    await row('web', later).getByText('up 2h').waitFor()
    await row('job', later).getByText('2h ago').waitFor()
    await later.context().close()
    await go('/containers')
    // Those that run may have begun within one second of the engine, which is as near as it tells.
    await page.getByRole('button', { name: /^Since/ }).click()
    await page.locator('[aria-rowindex="2"]', { hasText: 'running' }).waitFor()
    await page.getByRole('button', { name: /^Since/ }).click()
    await page.locator('[aria-rowindex="2"]', { hasText: 'job' }).waitFor()
    await stage.clean()
  })

  it('states, ages and exit codes are said in French', async () => {
    await go('/containers')
    await inFrench(async () => {
      await row('web').getByText('en marche').waitFor()
      await row('web')
        .getByText(/^\d+\s(s|min)$/)
        .waitFor()
      await row('job').getByText('terminé').waitFor()
      await row('job').getByRole('link').click()
      await page
        .getByText(/code de sortie 3/)
        .first()
        .waitFor()
      await stage.snap('told-french')
      await stage.clean()
    })
  })

  it('the log of a container’s tab knows its names', async () => {
    await go('/containers')
    await row('web').getByRole('link').click()
    await page.locator('main').getByRole('link', { name: 'Logs', exact: true }).click()
    await page.getByRole('log').getByText('line').first().click()
    await page.locator('.line-bar', { hasText: 'web · alpha' }).waitFor()
  })

  it('a container is renamed; what is against a name stands beside it, and what was typed stays', async () => {
    await go('/containers?filter=name:web')
    await row('web').getByRole('link').click()
    await page.getByRole('button', { name: 'Rename …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Rename web' })
    const field = dialog.getByLabel('New name')
    await field.fill('shop/web')
    await page.keyboard.press('Enter')
    await dialog.getByText('A name may hold no "/"').waitFor()
    assert.equal(await field.getAttribute('aria-invalid'), 'true')
    await field.fill('db')
    await page.keyboard.press('Enter')
    await dialog.getByText('On this host another container is called db.').waitFor()
    assert.equal(await field.inputValue(), 'db')
    await stage.barriers()
    await stage.snap('told-rename')
    await field.fill('shop-web')
    await page.keyboard.press('Enter')
    await page.getByText('web is now called shop-web').waitFor()
    await page.getByRole('heading', { name: 'shop-web' }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('heading', { name: 'web', exact: true }).waitFor()
    await go('/containers')
    await row('db').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('F2')
    await page.getByRole('dialog', { name: 'Rename db' }).waitFor()
    await page.keyboard.press('Escape')
  })

  it('the log of a page that stands open follows the name', async () => {
    const { body } = await stage.engine.api('GET', '/containers/web/json')
    await go(`/logs?on=alpha/web`)
    await page.locator('.chips', { hasText: 'web' }).waitFor()
    await go(`/containers/alpha/${(JSON.parse(body) as { Id: string }).Id}/logs`)
    await page.getByRole('log').getByText('line').first().click()
    await page.locator('.line-bar', { hasText: 'web · alpha' }).waitFor()
    await stage.engine.api('POST', '/containers/web/rename?name=web-2')
    await page.locator('.line-bar', { hasText: 'web-2 · alpha' }).waitFor()
    await stage.engine.api('POST', '/containers/web-2/rename?name=web')
    await page.locator('.line-bar', { hasText: 'web · alpha' }).waitFor()
  })

  it('activity names what was done and to what, also once it is gone, and is filtered by its words', async () => {
    await go('/containers?filter=name:job')
    await row('job').getByRole('link').click()
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('alertdialog').getByRole('textbox').fill('job')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('heading', { name: 'Containers' }).waitFor()
    await go('/activity')
    const removed = page.locator('.trail tr', { hasText: 'Remove a container' })
    await removed.getByText('job', { exact: true }).waitFor()
    assert.equal(await removed.getByRole('link').count(), 0)
    const renamed = page.locator('.trail tr', { hasText: 'Rename a container' })
    await renamed.getByRole('link', { name: 'web', exact: true }).first().waitFor()
    await renamed.getByRole('link', { name: 'shop-web', exact: true }).waitFor()
    assert.doesNotMatch((await page.locator('.trail').textContent()) ?? '', /[0-9a-f]{12}|container\./)
    await stage.snap('told-activity')
    await stage.clean()
    await inFrench(async () => {
      await page.locator('.trail', { hasText: 'Supprimer un conteneur' }).waitFor()
      await page.getByLabel(/^Filtre/).fill('renommer un')
      await page.getByText('2 changements').or(page.getByText('3 changements')).waitFor()
      assert.doesNotMatch((await page.locator('.trail').textContent()) ?? '', /container\.|Supprimer/)
      await stage.clean()
    })
  })

  it('a field that is none is said, with those there are and the one that was meant', async () => {
    await go('/containers?filter=iamge:fairlead')
    await page.getByText('There is no field "iamge" here. Fields: state, host, name, image').waitFor()
    await stage.clean()
    await stage.snap('told-field')
    await page.getByRole('button', { name: 'Did you mean image?' }).click()
    await row('web').waitFor()
    assert.equal(new URL(page.url()).searchParams.get('filter'), 'image:fairlead')
    assert.equal(await page.getByText('There is no field').count(), 0)
    await go('/logs')
    await page.getByRole('button', { name: 'Add containers' }).first().click()
    await page.getByRole('dialog').getByRole('searchbox').fill('colour:red')
    await page.getByRole('dialog').getByText('There is no field "colour"').waitFor()
    await stage.barriers()
    await page.keyboard.press('Escape')
  })

  it('lists fit from 1280 pixels on; none scrolls sideways', async () => {
    const sideways = () =>
      page.evaluate<string[]>(
        `[...document.querySelectorAll('.grid, .table')].filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.className)`,
      )
    for (const width of [1280, 1360, 1920]) {
      await page.setViewportSize({ width, height: 900 })
      for (const path of ['/', '/hosts', '/containers', '/activity', '/hosts/alpha/events', '/hosts/alpha/containers']) {
        await go(path)
        await page.locator('.grid-body .grid-row, tbody tr').first().waitFor()
        assert.deepEqual(await sideways(), [], `${path} at ${width}`)
        for (const theme of width === 1360 ? (['dark', 'light'] as const) : (['light'] as const)) {
          await stage.theme(theme)
          await stage.snap(`told-${width}-${theme}${path.replaceAll('/', '-')}`)
        }
      }
    }
    await page.setViewportSize(phone)
    for (const path of ['/', '/hosts', '/containers', '/activity', '/hosts/alpha/events']) {
      await go(path)
      await page.locator('.grid-body .grid-row, tbody tr').first().waitFor()
      await stage.clean()
      await stage.snap(`told-phone${path.replaceAll('/', '-')}`)
    }
    await page.setViewportSize({ width: 1280, height: 900 })
    await inFrench(async () => {
      for (const path of ['/containers', '/hosts', '/activity', '/hosts/alpha/events']) {
        await go(path)
        await page.locator('.grid-body .grid-row, tbody tr').first().waitFor()
        assert.deepEqual(await sideways(), [], `${path} in French`)
        await stage.snap(`told-fr-1280${path.replaceAll('/', '-')}`)
      }
    })
    await page.setViewportSize(desktop)
  })

  it('threw nothing and broke no rule of the content policy', () => assert.deepEqual(stage.problems, []))
})
