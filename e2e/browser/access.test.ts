import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { joinPath, openAccessStage, password, type AccessStage } from './access.ts'
import { desktop, phone } from './observe.ts'
import { goByKeys } from './browser.ts'

/** Everybody comes in by a link that the owner makes in the console. */
describe('people and what they see, in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: AccessStage['stage']
  let page: Page
  let context: AccessStage['context']
  let dev: Page
  let ids: AccessStage['ids']
  let go: AccessStage['go']
  let dialog: AccessStage['dialog']
  let field: AccessStage['field']
  let api: AccessStage['api']
  let people: AccessStage['people']
  let idOf: AccessStage['idOf']
  let inBothThemes: AccessStage['inBothThemes']
  before(async () => {
    const opened = await openAccessStage()
    ;({ stage, page, context, dev, ids, go, dialog, field, api, people, idOf, inBothThemes } = opened)
  })
  after(() => stage?.stop())

  const language = (name: 'en' | 'fr') => page.evaluate(`localStorage.setItem('language', '${name}')`)
  const rail = (of: Page) => of.locator('.rail a').allInnerTexts()

  describe('people', () => {
    it('are invited with a role at one host, by a link that is shown once', async () => {
      await go('/')
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      await goByKeys(page, 'g', 'u', '/access')
      await page.getByText('You are the only one here so far.').waitFor()
      await inBothThemes('people-alone')
      await page.getByRole('button', { name: 'Invite a person' }).click()
      await dialog().getByLabel('E-mail').fill('ada@example.test')
      await field('Role').selectOption({ label: 'Developer' })
      await dialog().getByText('Sees and restarts containers').waitFor()
      await field('Where').selectOption({ label: 'One host' })
      assert.equal(await dialog().getByRole('button', { name: 'Make the link' }).isDisabled(), true)
      await field('Which one').selectOption({ label: 'alpha' })
      await inBothThemes('invite')
      await dialog().getByRole('button', { name: 'Make the link' }).click()
      await dialog().getByText('Copy it now: it is shown once.').waitFor()
      const link = (await dialog().locator('.line-box').textContent()) ?? ''
      assert.match(link, /\/join#[\w-]{43}$/)
      await inBothThemes('invite-link')
      await dialog().getByRole('button', { name: 'Copy the link' }).click()
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), link)
      await page.keyboard.press('Escape')
      await page.getByText('ada@example.test').waitFor()
      await page.getByText('Developer, on the host alpha').waitFor()
      await inBothThemes('people-invited')

      await go(joinPath(link), dev)
      await dev.getByRole('heading', { name: 'Join Example' }).waitFor()
      await dev.getByText('You are invited as ada@example.test.').waitFor()
      await stage.snap('access-join', dev)
      await dev.getByLabel('Your name').fill('Ada')
      await dev.getByLabel('Password').fill('short')
      await dev.keyboard.press('Enter')
      assert.equal(await dev.getByRole('heading', { name: 'Join Example' }).isVisible(), true)
      await dev.getByLabel('Password').fill(password)
      await dev.keyboard.press('Enter')
      await dev.getByRole('heading', { name: 'Overview' }).waitFor()
      assert.equal(new URL(dev.url()).hash, '', 'the secret is still in the address')
      assert.equal(new URL(dev.url()).pathname, '/')

      // Used: it is nobody's any more.
      await go('/hosts', dev)
      await go(joinPath(link), dev)
      await dev.getByText('This invitation is not open').waitFor()
      await stage.snap('access-join-used', dev)
      await dev.getByRole('button', { name: 'To the console' }).click()
      await dev.getByRole('heading', { name: 'Overview' }).waitFor()
    })

    it('who have an account on the hub join with its password alone; a link cut short says so', async () => {
      await go('/join', dev)
      await dev.getByText('This link is not whole').waitFor()
      await stage.snap('access-join-broken', dev)
      const ada = await idOf('Ada')
      await api('DELETE', `/accounts/${ada}`)
      const reach = { on: 'host', target: ids['alpha'] }
      const { body } = await api('POST', '/accounts/invitations', { email: 'ada@example.test', role: 'developer', reach })
      const other = await stage.openPage(context)
      await go(joinPath(String(body['link'])), other)
      await other.getByText('which has an account on this hub').waitFor()
      assert.equal(await other.getByLabel('Your name').count(), 0)
      await other.getByLabel('Password').fill('another one entirely')
      await other.keyboard.press('Enter')
      await other.getByRole('alert').waitFor()
      await stage.snap('access-join-wrong', other)
      await other.getByLabel('Password').fill(password)
      await other.keyboard.press('Enter')
      await other.getByRole('heading', { name: 'Overview' }).waitFor()
      await other.close()
    })

    it('are found by role, opened, given a role and denied one, and Undo takes it back', async () => {
      await go('/access')
      await page.getByLabel(/^Filter/).fill('for parts')
      await page.getByLabel(/^Filter/).fill('owner')
      await page.getByText('1 person').waitFor()
      await page.getByLabel(/^Filter/).fill('nobody like this')
      await page.getByText('Nobody fits this filter.').waitFor()
      await page.getByRole('button', { name: 'Clear the filter' }).click()
      await inBothThemes('people')
      await page.getByRole('link', { name: 'Ada' }).click()
      await page.getByText('on the host alpha').waitFor()
      await inBothThemes('person')
      await page.getByRole('button', { name: 'Give a role' }).click()
      await field('Role').selectOption({ label: 'Viewer' })
      await inBothThemes('give')
      await dialog().getByRole('button', { name: 'Give a role' }).click()
      await page.locator('.grants', { hasText: 'everywhere' }).waitFor()
      await page.locator('.notice').getByRole('button', { name: 'Undo' }).click()
      await page.locator('.grants', { hasText: 'everywhere' }).waitFor({ state: 'detached' })

      await page.getByRole('button', { name: 'Deny a role' }).click()
      await dialog().getByText('refused there, whatever else allows it').waitFor()
      assert.equal(await dialog().getByRole('option', { name: 'Owner' }).count(), 0)
      await field('Where').selectOption({ label: 'Hosts with a tag' })
      await field('Tag').fill('no/tag')
      await dialog().getByText('"no/tag" cannot be a tag').waitFor()
      assert.equal(await dialog().getByRole('button', { name: 'Deny a role' }).isDisabled(), true)
      await field('Tag').fill('dark')
      await dialog().getByRole('button', { name: 'Deny a role' }).click()
      const denied = page.locator('.grants li', { hasText: 'on hosts tagged dark' })
      await denied.getByText('denied').waitFor()
      await inBothThemes('person-denied')
      await denied.getByRole('button', { name: /^Take back/ }).click()
      await denied.waitFor({ state: 'detached' })
      await page.locator('.notice', { hasText: 'Take back' }).getByRole('button', { name: 'Undo' }).click()
      await denied.waitFor()
      await denied.getByRole('button', { name: /^Take back/ }).click()
      await denied.waitFor({ state: 'detached' })
    })

    it('what the hub refuses is said where it was asked, and what was chosen stays', async () => {
      await page.getByRole('button', { name: 'Give a role' }).click()
      await field('Role').selectOption({ label: 'Developer' })
      await field('Where').selectOption({ label: 'One host' })
      await field('Which one').selectOption({ label: 'alpha' })
      await dialog().getByRole('button', { name: 'Give a role' }).click()
      await dialog().getByRole('alert').waitFor()
      await inBothThemes('give-refused')
      assert.equal(await field('Which one').inputValue(), ids['alpha'])
      // Of what was asked before it says nothing any more.
      await field('Role').selectOption({ label: 'Viewer' })
      await dialog().getByRole('alert').waitFor({ state: 'detached' })
      await page.keyboard.press('Escape')
    })

    it('of whom one is the last owner keep that one', async () => {
      await go(`/access/people/${await idOf('Owner')}`)
      await page.getByText('The last owner stays one.').waitFor()
      assert.equal(await page.getByRole('button', { name: /^Take back/ }).isDisabled(), true)
      assert.equal(await page.getByRole('button', { name: 'Remove Owner' }).isDisabled(), true)
      await page.getByText('The last owner cannot be removed').waitFor()
      await inBothThemes('last-owner')
      await go('/access/people/nobody')
      await page.getByText('There is no such person here.').waitFor()
    })
  })

  describe('somebody with one host', () => {
    it('sees that host and no door that is closed: no error, no refusal, no wait without end', async () => {
      await go('/', dev)
      await dev.getByRole('link', { name: 'alpha' }).first().waitFor()
      assert.deepEqual(await rail(dev), ['Overview', 'Hosts', 'Containers', 'Logs', 'Terminals'])
      const web = JSON.parse((await api('GET', '/fleet/container')).text) as { rows: { id: string; name: string }[] }
      const container = `/containers/${ids['alpha']}/${web.rows.find(({ name }) => name === 'web')!.id}`
      const host = `/hosts/${ids['alpha']}`
      const paths = ['/', '/hosts', host, `${host}/containers`, `${host}/metrics`, `${host}/events`, '/containers', container]
      paths.push(`${container}/stats`, `${container}/inspect`, `${container}/logs`, `${container}/terminal`, '/logs', '/terminals')
      paths.push('/access', '/access/environments')
      for (const path of paths) {
        await go(path, dev)
        await dev.locator('main h1').first().waitFor()
        await dev.locator('main .skeleton').first().waitFor({ state: 'detached' })
        await dev.waitForTimeout(300)
        await stage.snap(
          `access-developer${path
            .replaceAll(/[/]/g, '_')
            .replace(/[0-9a-f]{64}/, 'web')
            .replace(ids['alpha']!, 'alpha')}`,
          dev,
        )
        assert.deepEqual(await dev.locator('.box.error, .notice.bad').allInnerTexts(), [], path)
        assert.equal(await dev.getByText('beta', { exact: true }).count(), 0, `${path} tells of the other host`)
      }
      for (const path of ['/activity', '/hosts/enrol', '/access/people', '/access/roles', '/access/explain', `${host}/settings`]) {
        await go(path, dev)
        await dev.getByText('Your role may not see or change this.').waitFor()
      }
    })

    it('gets more, and loses it, while the page stands open: the menus follow', async () => {
      await go('/hosts', dev)
      await dev.getByText('1 of 1 host').waitFor()
      await dev.evaluate('globalThis.sameDocument = true')
      const holder = { kind: 'account', id: await idOf('Ada') }
      const { body } = await api('POST', '/grants', { holder, role: 'auditor', reach: { on: 'organization' } })
      await dev.locator('.rail').getByText('Activity').waitFor()
      await dev.locator('.rail').getByText('Access').waitFor()
      await dev.getByText('2 of 2 hosts').waitFor()
      await dev.locator('.rail').getByText('Access').click()
      await dev.getByRole('link', { name: 'Owner' }).click()
      await dev.getByText('You may look at this, not change it.').first().waitFor()
      await stage.snap('access-auditor', dev)
      assert.equal(await dev.getByRole('button', { name: 'Give a role' }).isDisabled(), true)
      await api('DELETE', `/grants/${String(body['id'])}`)
      await dev.getByText('Your role may not see or change this.').waitFor()
      await dev.locator('.rail').getByText('Access').waitFor({ state: 'detached' })
      await stage.snap('access-lost', dev)
      await dev.locator('.rail').getByText('Hosts').click()
      await dev.getByText('1 of 1 host').waitFor()
      assert.equal(await dev.evaluate('globalThis.sameDocument'), true)
      assert.equal(await dev.locator('.banner').count(), 0)
    })
  })

  it('a person is removed with a list of what goes, and their page ends at once', async () => {
    await go('/', dev)
    await dev.getByRole('heading', { name: 'Overview' }).waitFor()
    await go(`/access/people/${await idOf('Ada')}`)
    await page.getByRole('button', { name: 'Remove Ada' }).click()
    await dialog().getByText('Developer, on the host alpha').waitFor()
    await dialog().getByText('every sign-in of Ada').waitFor()
    await inBothThemes('person-remove')
    await dialog().getByLabel('Type Ada to confirm').fill('Ada')
    await page.keyboard.press('Enter')
    await page.getByText('1 person').waitFor()
    await dev.getByText('Your sign-in has ended.').waitFor()
    await until(async () => (await people()).length === 1)
  })

  it('every page holds on a phone and in French, and broke nothing', async () => {
    await api('POST', '/teams', { name: 'Quai' })
    await api('POST', '/accounts/invitations', { email: 'berthe@example.test', role: 'operator' })
    const [team] = JSON.parse((await api('GET', '/teams')).text) as { id: string }[]
    const me = await idOf('Owner')
    const paths = ['', '/teams', '/roles', '/environments', `/explain?account=${me}&on=host&place=${ids['alpha']}`]
    paths.push(`/people/${me}`, `/teams/${team!.id}`, '/roles/operator', '/roles/new?from=operator')
    await language('fr')
    for (const size of [phone, desktop]) {
      await page.setViewportSize(size)
      for (const path of paths) {
        await go(`/access${path}`)
        await page.getByRole('heading', { name: 'Accès' }).waitFor()
        await page.locator('main .skeleton').first().waitFor({ state: 'detached' })
        await inBothThemes(`fr-${size.width}${path.replace(/\?.*/, '').replace(me, 'me').replace(team!.id, 'team').replaceAll('/', '_')}`)
      }
    }
    await page.setViewportSize(phone)
    await go('/access')
    await page.getByRole('button', { name: 'Inviter une personne' }).click()
    await inBothThemes('fr-phone-invite')
    await page.keyboard.press('Escape')
    await page.setViewportSize(desktop)
    await language('en')
  })

  it('a hub that does not answer is said, and what was shown stays', async () => {
    await go('/access')
    await page.getByRole('link', { name: 'Owner' }).waitFor()
    await stage.hub.end('SIGKILL')
    await page.getByText(/Reconnecting, data from/).waitFor()
    await page.getByRole('link', { name: 'Owner' }).waitFor()
    await stage.snap('access-link-lost')
    await stage.hub.again()
    await page.locator('.banner').waitFor({ state: 'detached', timeout: 30_000 })
    assert.deepEqual(stage.problems, [])
  })
})
