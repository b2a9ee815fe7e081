import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

interface HostRow {
  readonly name: string
  readonly online: boolean
  readonly tags: readonly string[]
}

/** `alpha` has a real engine, the others have none: real agents, all of them. */
describe('hosts and forms in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let page: Page
  before(async () => {
    stage = await openStage()
    page = stage.page
  })
  after(() => stage?.stop())

  const go = (path: string) => page.goto(stage.hub.url + path)
  const foot = () => page.locator('.foot')
  const dialog = () => page.getByRole('dialog')
  const hosts = async () => JSON.parse((await stage.owner.ask('GET', '/api/v1/hosts')).text) as HostRow[]
  const tagsNow = async () => Object.fromEntries((await hosts()).map(({ name, tags }) => [name, tags.toSorted().join(' ')]))
  const language = (name: 'en' | 'fr') => page.evaluate(`localStorage.setItem('language', '${name}')`)
  const inBothThemes = async (name: string) => {
    for (const theme of ['light', 'dark'] as const) {
      await stage.theme(theme)
      await stage.snap(`hosts-${name}-${theme}`)
      await stage.clean()
    }
  }
  const row = (step: string) => page.locator('.checklist li', { hasText: step })
  async function makeLine(): Promise<string> {
    await go('/hosts/enrol')
    await page.getByLabel(/^Address under which/).fill(stage.base)
    await page.getByRole('button', { name: 'Make the line' }).click()
    const line = (await page.locator('.line-box').textContent()) ?? ''
    return /'(flj1\.[^']+)'/.exec(line)![1]!
  }

  describe('the checklist of an enrolment', () => {
    it('shows engine, metrics and disk of a host as its agent tells them, without a reload', async () => {
      const line = await makeLine()
      for (const step of ['Container engine', 'Metrics', 'Disk']) await row(step).getByText('waiting').waitFor()
      await page.evaluate('globalThis.sameDocument = true')
      await stage.join(line, 'alpha')
      await row('Container engine').getByText('ok').waitFor()
      await row('Container engine')
        .getByText(/docker \d+\.\d+/)
        .waitFor()
      await row('Metrics').getByText('ok').waitFor()
      await row('Disk').getByText(/\d+ %/).waitFor()
      assert.equal(await page.evaluate('globalThis.sameDocument'), true)
      await inBothThemes('checklist')
    })

    it('says of a host without an engine what mends it, and still finishes', async () => {
      await stage.join(await makeLine(), 'beta', '/nonexistent/engine.sock')
      await row('Container engine').getByText('look').waitFor()
      await row('Container engine').getByText('systemctl start docker').waitFor()
      await row('Metrics').getByText('ok').waitFor()
      await page.getByRole('link', { name: 'Enrolled as beta.' }).waitFor()
      await inBothThemes('checklist-no-engine')
      await stage.enrol('gamma', '/nonexistent/engine.sock')
    })
  })

  describe('a selection of hosts', () => {
    it('is made by x, Shift+x and Ctrl+A, and put away by Escape', async () => {
      await go('/hosts?sort=name')
      await page.getByText('3 of 3 hosts').waitFor()
      for (const key of ['j', 'x']) await page.keyboard.press(key)
      await foot().getByText('1 selected · 1 online').waitFor()
      for (const key of ['j', 'Shift+X']) await page.keyboard.press(key)
      await foot().getByText('2 selected · 2 online').waitFor()
      await page.keyboard.press('Control+a')
      await foot().getByText('3 selected').waitFor()
      assert.equal(await page.getByRole('checkbox', { name: 'Select everything that matches' }).isChecked(), true)
      await inBothThemes('selected')
      await page.keyboard.press('Escape')
      await foot().getByText('3 of 3 hosts').waitFor()
    })

    it('gets tags, those that have them already left out, with a result for each', async () => {
      await stage.owner.ask('PATCH', '/api/v1/hosts/alpha', { body: { tags: ['prod'] } })
      await page.locator('.grid-row', { hasText: 'alpha' }).getByText('prod').waitFor()
      await page.keyboard.press('Control+a')
      await page.keyboard.press('.')
      await page.getByRole('menuitem', { name: 'Add tags' }).waitFor()
      await stage.snap('hosts-actions')
      await page.keyboard.press('Enter')
      await dialog().getByLabel('Tags').fill('prod/eu')
      await dialog().getByText('"prod/eu" cannot be a tag').waitFor()
      await inBothThemes('bulk-bad-tag')
      assert.equal(await dialog().getByRole('button', { name: 'Add tags' }).isDisabled(), true)
      await dialog().getByLabel('Tags').fill('prod')
      await dialog().getByText('2 hosts').waitFor()
      await dialog().getByText('1 skipped: they have them already').waitFor()
      await inBothThemes('bulk-tag')
      await page.keyboard.press('Enter')
      await dialog().getByText('2 of 2 done, 0 failed').waitFor()
      await inBothThemes('bulk-result')
      await page.keyboard.press('Escape')
      assert.deepEqual(await tagsNow(), { alpha: 'prod', beta: 'prod', gamma: 'prod' })
    })

    it('loses the tags that are chosen, and keeps what others gave meanwhile', async () => {
      await stage.owner.ask('PATCH', '/api/v1/hosts/beta', { body: { tags: ['prod', 'edge'] } })
      await page.locator('.grid-row', { hasText: 'beta' }).getByText('edge').waitFor()
      await page.keyboard.press('Control+a')
      await page.getByRole('button', { name: 'Actions' }).click()
      await page.getByRole('menuitem', { name: 'Take tags away' }).click()
      await dialog().getByLabel('prod').check()
      await dialog().getByText('3 hosts').waitFor()
      await inBothThemes('bulk-untag')
      // Between the preview and the click.
      await stage.owner.ask('PATCH', '/api/v1/hosts/gamma', { body: { tags: ['prod', 'late'] } })
      await page.locator('.grid-row', { hasText: 'gamma' }).getByText('late').waitFor()
      await dialog().getByRole('button', { name: 'Take tags away' }).click()
      await dialog().getByText('3 of 3 done, 0 failed').waitFor()
      await page.keyboard.press('Escape')
      assert.deepEqual(await tagsNow(), { alpha: '', beta: 'edge', gamma: 'late' })
    })

    it('is removed only once the number is typed, on a phone and in French too', async () => {
      await language('fr')
      await page.setViewportSize(phone)
      await go('/hosts?filter=name:beta%20name:gamma')
      await page.getByText('2 sur 3 hôtes').waitFor()
      for (const box of await page.locator('.grid-row:not(.grid-head *) input[type=checkbox]').all()) await box.check()
      await foot().getByText('2 sélectionnés').waitFor()
      await inBothThemes('selected-phone-fr')
      await page.getByRole('button', { name: 'Actions' }).click()
      await stage.snap('hosts-actions-phone-fr')
      await page.getByRole('menuitem', { name: 'Retirer les hôtes' }).click()
      await dialog().getByText('C’est sans retour').waitFor()
      for (const name of ['beta', 'gamma']) await dialog().getByText(name).waitFor()
      const remove = dialog().getByRole('button', { name: 'Retirer les hôtes' })
      assert.equal(await remove.isDisabled(), true)
      await dialog().getByLabel('Tapez 2 pour confirmer').fill('3')
      assert.equal(await remove.isDisabled(), true)
      await inBothThemes('bulk-remove-phone-fr')
      await dialog().getByLabel('Tapez 2 pour confirmer').fill('2')
      await remove.click()
      await dialog().getByText('2 sur 2 faits, 0 en échec').waitFor()
      assert.deepEqual(Object.keys(await tagsNow()), ['alpha'])
      await page.setViewportSize(desktop)
      await language('en')
    })

    it('of one is removed by its name, and by nobody without the permission', async () => {
      await go('/hosts')
      await page.getByText('1 of 1 host').waitFor()
      for (const key of ['j', 'Delete']) await page.keyboard.press(key)
      await dialog().getByLabel('Type alpha to confirm').waitFor()
      await page.keyboard.press('Escape')
      const mine = JSON.parse(await page.evaluate<string>(`fetch('/api/v1/me').then((answer) => answer.text())`)) as {
        permissions: string[]
      }
      const permissions = mine.permissions.filter((one) => one !== 'hosts:manage')
      await page.route('**/api/v1/me', (route) => route.fulfill({ json: { ...mine, permissions } }))
      await page.reload()
      await page.getByText('1 of 1 host').waitFor()
      for (const key of ['j', 'Delete']) await page.keyboard.press(key)
      await page.getByText('you may not do this; an owner can grant it').waitFor()
      assert.equal(await dialog().count(), 0)
      await page.unroute('**/api/v1/me')
    })
  })

  describe('a form with something typed', () => {
    it('asks before its page is left, and keeps it when one stays', async () => {
      await go('/hosts/alpha')
      await page.locator('main').getByRole('link', { name: 'Settings' }).click()
      await page.getByLabel('Tags').fill('half written')
      await page.getByRole('link', { name: 'Metrics' }).click()
      await dialog().getByText('Leave without saving?').waitFor()
      await inBothThemes('leave')
      // Staying has the focus.
      await page.keyboard.press('Enter')
      assert.equal(new URL(page.url()).pathname, '/hosts/alpha/settings')
      assert.equal(await page.getByLabel('Tags').inputValue(), 'half written')
      await page.goBack()
      await dialog().getByText('Leave without saving?').waitFor()
      await page.keyboard.press('Escape')
      assert.equal(await page.getByLabel('Tags').inputValue(), 'half written')
      await page.locator('body').click({ position: { x: 700, y: 700 } })
      for (const key of ['g', 'c']) await page.keyboard.press(key)
      await dialog().getByRole('button', { name: 'Leave', exact: true }).click()
      await page.getByRole('heading', { name: 'Containers' }).waitFor()
    })

    it('names a tag that cannot be one, the rule and one that would do, in both languages, and sends nothing', async () => {
      const before = await tagsNow()
      for (const [lang, size, wanted] of [
        ['en', desktop, '"a/b" cannot be a tag: "/" may not be in it. Letters, digits and . _ : - may, as in site:paris or v1.2.'],
        ['fr', phone, '« a/b » ne peut être une étiquette : « / » ne peut y figurer.'],
      ] as const) {
        await language(lang)
        await page.setViewportSize(size)
        await go('/hosts/alpha/settings')
        const field = page.locator('input[name=tags]')
        await field.fill('prod a/b')
        await page.keyboard.press('Enter')
        await page.getByRole('alert').getByText(wanted).waitFor()
        assert.equal(await field.getAttribute('aria-invalid'), 'true')
        assert.equal(await page.evaluate('document.activeElement.name'), 'tags')
        await inBothThemes(`settings-bad-tag-${lang}`)
        await field.fill('')
        await page.getByText(wanted).waitFor({ state: 'detached' })
        await field.fill(before['alpha']!)
      }
      assert.deepEqual(await tagsNow(), before)
      await language('en')
      await page.setViewportSize(desktop)
    })

    // What had failed stood there, beside what had gone well meanwhile.
    it('puts a refusal away once the same is tried again', async () => {
      await stage.enrol('delta', '/nonexistent/engine.sock')
      await go('/hosts/alpha/settings')
      await page.getByLabel('Name').fill('a/b')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('"a/b" cannot be a name').waitFor()
      await page.getByLabel('Name').fill('delta')
      await page.keyboard.press('Enter')
      await page.locator('form .error').waitFor()
      await page.getByLabel('Name').fill('alpha')
      await page.keyboard.press('Enter')
      await page.getByText('Save: done').waitFor()
      assert.equal(await page.locator('form .error, .notice.bad').count(), 0)
      await stage.owner.ask('DELETE', '/api/v1/hosts/delta')
    })

    it('asks nothing when it was sent, or is as it was, or nobody touched it', async () => {
      await go('/hosts/alpha/settings')
      await page.getByLabel('Tags').fill('kept')
      await page.keyboard.press('Enter')
      await page.getByText('Save: done').waitFor()
      await page.getByLabel('Name').fill('other')
      await page.getByLabel('Name').fill('alpha')
      await page.getByRole('link', { name: 'Metrics' }).click()
      await page.waitForURL(/metrics/)
      await go('/hosts/enrol')
      await page.getByRole('link', { name: 'Activity' }).click()
      await page.getByRole('heading', { name: 'Activity' }).waitFor()
    })

    it('is no victim of a closed tab or of signing out; the enrolment form neither', async () => {
      await go('/hosts/enrol')
      await page.getByLabel('Tags').fill('half')
      const kinds: string[] = []
      page.once('dialog', (asked) => {
        kinds.push(asked.type())
        void asked.dismiss()
      })
      await page.close({ runBeforeUnload: true })
      await until(() => kinds.length === 1)
      assert.deepEqual([kinds, page.isClosed()], [['beforeunload'], false])
      await page.getByRole('button', { name: 'Owner' }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
      await dialog().getByText('Leave without saving?').waitFor()
      await dialog().getByRole('button', { name: 'Stay here' }).click()
      assert.equal(await page.getByLabel('Tags').inputValue(), 'half')
      await page.getByRole('button', { name: 'Make the line' }).click()
      await page.locator('.line-box').waitFor()
      await page.getByRole('link', { name: 'Hosts', exact: true }).click()
      await page.getByRole('heading', { name: 'Hosts' }).waitFor()
    })

    it('asks in French and on a phone', async () => {
      await language('fr')
      await page.setViewportSize(phone)
      await go('/hosts/alpha/settings')
      await page.getByLabel('Étiquettes').fill('à moitié')
      await page.getByRole('link', { name: 'Journaux' }).click()
      await dialog().getByText('Partir sans enregistrer ?').waitFor()
      await inBothThemes('leave-phone-fr')
      await dialog().getByRole('button', { name: 'Partir', exact: true }).click()
      await page.getByRole('heading', { name: 'Journaux' }).waitFor()
      await page.setViewportSize(desktop)
      await language('en')
    })
  })

  describe('a newer console', () => {
    it('is offered when the hub comes back with one, and never forced', async () => {
      await go('/hosts')
      await page.getByText('1 of 1 host').waitFor()
      await page.evaluate('globalThis.sameDocument = true')
      await stage.hub.end('SIGKILL')
      await page.getByText(/Reconnecting, data from/).waitFor()
      // What the hub serves after an update: the same page, with another main file.
      const asked: string[] = []
      await page.route(`${stage.hub.url}/`, async (route) => {
        asked.push(route.request().resourceType())
        const html = await (await route.fetch()).text()
        await route.fulfill({ contentType: 'text/html; charset=utf-8', body: html.replace(/main-\w+\.js/, 'main-NEWER123.js') })
      })
      await stage.hub.again()
      await page.getByText('The hub has a newer console. Reload when ready.').waitFor({ timeout: 60_000 })
      await page.getByText(/Reconnecting/).waitFor({ state: 'detached' })
      await inBothThemes('newer')
      assert.equal(await page.evaluate('globalThis.sameDocument'), true, 'the page was loaded anew by itself')
      await page.waitForTimeout(3000)
      assert.deepEqual(asked, ['fetch'], 'looked at once, when the link came back')
      await page.unroute(`${stage.hub.url}/`)
      await page.getByRole('button', { name: 'Reload' }).click()
      await page.getByText('1 of 1 host').waitFor()
      assert.equal(await page.getByText('newer console').count(), 0)
      assert.equal(await page.evaluate('globalThis.sameDocument'), undefined)
    })

    it('is not offered when the hub comes back with the same one', async () => {
      await stage.hub.restart('SIGTERM')
      await page.getByText(/Reconnecting, data from/).waitFor({ state: 'detached', timeout: 60_000 })
      await page.locator('.grid-row', { hasText: 'alpha' }).getByText('online').waitFor({ timeout: 60_000 })
      assert.equal(await page.getByText('newer console').count(), 0)
    })
  })

  it('nothing was thrown, all the way', () => assert.deepEqual(stage.problems, []))
})
