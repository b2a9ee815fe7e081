import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

const password = 'nine lamps along a quay'

/** `alpha` has a real engine, `beta` has none. Everybody comes in by a link that the owner makes in the console. */
describe('who may do what, in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let page: Page
  let context: BrowserContext
  /** Somebody who has one host, in a browser of their own. */
  let dev: Page
  const ids: Record<string, string> = {}

  before(async () => {
    stage = await openStage()
    page = stage.page
    await stage.engine.run('web', ['sleep', '100000'])
    await stage.enrol('alpha')
    await stage.enrol('beta', '/nonexistent/engine.sock')
    for (const { id, name } of JSON.parse((await stage.owner.ask('GET', '/api/v1/hosts')).text) as { id: string; name: string }[])
      ids[name] = id
    context = await stage.browser.newContext({ viewport: desktop, locale: 'en-GB' })
    dev = await stage.openPage(context)
  })
  after(() => stage?.stop())

  const go = (path: string, of = page) => of.goto(stage.hub.url + path)
  const dialog = (of = page) => of.getByRole('dialog')
  const api = (method: string, path: string, body?: unknown) =>
    stage.owner.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })
  const language = (name: 'en' | 'fr') => page.evaluate(`localStorage.setItem('language', '${name}')`)
  const inBothThemes = async (name: string) => {
    for (const theme of ['light', 'dark'] as const) {
      await stage.theme(theme)
      await stage.snap(`access-${name}-${theme}`)
      await stage.clean()
    }
  }
  /** Where the link leads, in whatever way this hub is reached. */
  const joinPath = (link: string) => `/join#${link.split('#')[1]}`
  const people = async () => JSON.parse((await api('GET', '/accounts')).text) as { id: string; name: string; email: string }[]
  const idOf = async (name: string) => (await people()).find((one) => one.name === name)!.id
  const rail = (of: Page) => of.locator('.rail a').allInnerTexts()

  describe('people', () => {
    it('are invited with a role at one host, by a link that is shown once', async () => {
      await go('/')
      await page.keyboard.press('g')
      await page.keyboard.press('u')
      await page.getByText('You are the only one here so far.').waitFor()
      await inBothThemes('people-alone')
      await page.getByRole('button', { name: 'Invite a person' }).click()
      await dialog().getByLabel('E-mail').fill('ada@example.test')
      await dialog().getByLabel('Role').selectOption({ label: 'Developer' })
      await dialog().getByText('Sees and restarts containers').waitFor()
      await dialog().getByLabel('Where').selectOption({ label: 'One host' })
      assert.equal(await dialog().getByRole('button', { name: 'Make the link' }).isDisabled(), true)
      await dialog().getByLabel('One host').selectOption({ label: 'alpha' })
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
      await dialog().getByLabel('Role').selectOption({ label: 'Viewer' })
      await inBothThemes('give')
      await dialog().getByRole('button', { name: 'Give a role' }).click()
      await page.locator('.grants', { hasText: 'everywhere' }).waitFor()
      await page.locator('.notice').getByRole('button', { name: 'Undo' }).click()
      await page.locator('.grants', { hasText: 'everywhere' }).waitFor({ state: 'detached' })

      await page.getByRole('button', { name: 'Deny a role' }).click()
      await dialog().getByText('refused there, whatever else allows it').waitFor()
      assert.equal(await dialog().getByRole('option', { name: 'Owner' }).count(), 0)
      await dialog().getByLabel('Where').selectOption({ label: 'Hosts with a tag' })
      await dialog().getByLabel('Hosts with a tag').fill('no/tag')
      await dialog().getByText('"no/tag" cannot be a tag').waitFor()
      assert.equal(await dialog().getByRole('button', { name: 'Deny a role' }).isDisabled(), true)
      await dialog().getByLabel('Hosts with a tag').fill('dark')
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
      await dialog().getByLabel('Role').selectOption({ label: 'Developer' })
      await dialog().getByLabel('Where').selectOption({ label: 'One host' })
      await dialog().getByLabel('One host').selectOption({ label: 'alpha' })
      await dialog().getByRole('button', { name: 'Give a role' }).click()
      await dialog().getByRole('alert').waitFor()
      await inBothThemes('give-refused')
      assert.equal(await dialog().getByLabel('One host').inputValue(), ids['alpha'])
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

  describe('roles', () => {
    it('stand beside each other, built-in ones told in words and not to be changed', async () => {
      await go('/access/roles')
      await page.getByRole('heading', { name: 'All roles beside each other' }).waitFor()
      await page.getByText('May do everything, and is denied nothing.').waitFor()
      await inBothThemes('roles')
      const cell = (role: string) =>
        page.evaluate<string>(`(() => {
          const head = [...document.querySelectorAll('.matrix thead th')].findIndex((one) => one.textContent === '${role}')
          const row = [...document.querySelectorAll('.matrix tbody tr')].find((one) => one.textContent.startsWith('Remove containers'))
          return row.children[head].textContent.trim()
        })()`)
      assert.deepEqual([await cell('Operator'), await cell('Developer')], ['●yes', '·no'])
      await page.locator('.roles').getByRole('link', { name: 'Developer' }).click()
      await page.getByText('it never changes').waitFor()
      assert.equal(await page.getByRole('checkbox').count(), 0)
      await page.locator('.grants', { hasText: 'Ada' }).waitFor()
      await inBothThemes('role-built-in')
    })

    it('are copied, changed, given by their name and removed once nobody has them', async () => {
      await page.getByRole('link', { name: 'Copy this role' }).click()
      assert.equal(await page.getByLabel('Name').inputValue(), 'Developer, copied')
      await page.getByLabel('Name').fill('Night watch')
      await page.getByLabel('Open and use terminals').uncheck()
      await page.getByLabel('All of Events').count()
      await inBothThemes('role-new')
      await page.getByRole('button', { name: 'Save the role' }).click()
      await page.getByRole('heading', { name: 'Night watch' }).waitFor()
      assert.equal(await page.getByLabel('Open and use terminals').isChecked(), false)
      // What was typed is not lost by a click elsewhere.
      await page.getByLabel('Name').fill('Night')
      await page.getByRole('link', { name: 'Teams' }).click()
      await dialog().getByText('Leave without saving?').waitFor()
      await page.keyboard.press('Enter')
      await page.getByLabel('Name').fill('Owner')
      await page.getByRole('button', { name: 'Save the role' }).click()
      await page.getByRole('alert').waitFor()
      await inBothThemes('role-refused')
      await page.getByLabel('Name').fill('Night watch')
      await page.getByRole('button', { name: 'Save the role' }).click()
      await page.locator('.notice', { hasText: 'Save the role' }).first().waitFor()
      const { roles } = JSON.parse((await api('GET', '/roles')).text) as { roles: { id: string; name: string; permissions: string[] }[] }
      const own = roles.find(({ name }) => name === 'Night watch')!
      assert.equal(own.permissions.includes('terminals:open'), false)
      assert.equal(own.permissions.includes('containers:logs'), true)

      const holder = { kind: 'account', id: await idOf('Ada') }
      const { body } = await api('POST', '/grants', { holder, role: own.id, reach: { on: 'host', target: ids['beta'] } })
      await go(`/access/roles/${own.id}`)
      await page.getByText('It is given 1 time; take that back first.').waitFor()
      assert.equal(await page.getByRole('button', { name: 'Remove: Night watch' }).isDisabled(), true)
      await inBothThemes('role-given')
      await api('DELETE', `/grants/${String(body['id'])}`)
      await go(`/access/roles/${own.id}`)
      await page.getByRole('button', { name: 'Remove: Night watch' }).click()
      await page.getByRole('heading', { name: 'All roles beside each other' }).waitFor()
      await page.locator('.notice').getByRole('button', { name: 'Undo' }).click()
      await page.locator('.roles').getByRole('link', { name: 'Night watch' }).waitFor()
      await go('/access/roles/none')
      await page.getByText('There is no such role.').waitFor()
    })
  })

  describe('teams', () => {
    it('are made, filled, given a role and renamed; the person and the judge tell of it', async () => {
      await go('/access/teams')
      await page.getByText('No teams yet.').waitFor()
      await inBothThemes('teams-empty')
      await page.getByRole('button', { name: 'Make a team' }).click()
      await dialog().getByLabel('Name').fill('Harbour')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Harbour' }).waitFor()
      await page.getByLabel('Add a member').selectOption({ label: 'Ada' })
      await page.getByRole('button', { name: 'Add a member' }).click()
      const member = page.locator('.grants li', { hasText: 'Ada' })
      await member.waitFor()
      await member.getByRole('button', { name: /^Take out/ }).click()
      await member.waitFor({ state: 'detached' })
      await page.locator('.notice', { hasText: 'Take out' }).getByRole('button', { name: 'Undo' }).click()
      await member.waitFor()
      await page.getByRole('button', { name: 'Give a role' }).click()
      assert.equal(await dialog().getByRole('option', { name: 'Owner' }).count(), 0)
      await dialog().getByLabel('Role').selectOption({ label: 'Operator' })
      await dialog().getByLabel('Where').selectOption({ label: 'Hosts with a tag' })
      await dialog().getByLabel('Hosts with a tag').fill('night')
      await dialog().getByRole('button', { name: 'Give a role' }).click()
      await page.getByText('on hosts tagged night').waitFor()
      await page.getByRole('button', { name: 'Rename' }).click()
      await dialog().getByLabel('Name').fill('Quay')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Quay' }).waitFor()
      await inBothThemes('team')
      await go('/access/teams')
      await page.getByText('1 member').waitFor()
      await inBothThemes('teams')
    })

    it('decide too, and the page of who can do what names them', async () => {
      await api('PATCH', `/hosts/${ids['beta']}`, { tags: ['night'] })
      await go(`/access/people/${await idOf('Ada')}`)
      await page.getByRole('link', { name: 'What can Ada do?' }).click()
      await page.getByText(/^Ada may do 0 of \d+ things there\.$/).waitFor()
      await page.getByLabel('Where').selectOption({ label: 'One host' })
      await page.getByLabel('Which one').selectOption({ label: 'beta' })
      const row = page.locator('.explained tr', { hasText: 'Remove containers' })
      await row.getByText('role Operator, on hosts tagged night, through the team Quay').waitFor()
      await row.getByText('allowed', { exact: true }).waitFor()
      await page.locator('.explained tr', { hasText: 'Invite and remove people' }).getByText('no role gives it here').waitFor()
      await inBothThemes('explain')
      const holder = { kind: 'account', id: await idOf('Ada') }
      await api('POST', '/grants', { holder, role: 'operator', reach: { on: 'host', target: ids['beta'] }, effect: 'deny' })
      await page.reload()
      await row.getByText('denied by Operator, on the host beta').waitFor()
      await row.getByText('not allowed').waitFor()
      await inBothThemes('explain-denied')
    })

    it('go with what was given to them, which is listed, once their name is typed', async () => {
      await go('/access/teams')
      await page.getByRole('link', { name: 'Quay' }).click()
      await page.getByRole('button', { name: 'Remove: Quay' }).click()
      await dialog().getByText('Operator, on hosts tagged night').waitFor()
      await dialog().getByText('Ada is in it').waitFor()
      await inBothThemes('team-remove')
      assert.equal(await dialog().getByRole('button', { name: 'Remove: Quay' }).isDisabled(), true)
      await dialog().getByLabel('Type Quay to confirm').fill('Quay')
      await page.keyboard.press('Enter')
      await page.getByText('No teams yet.').waitFor()
    })
  })

  describe('environments', () => {
    it('are made, renamed and deleted while no host is in them; a host is moved on its own page', async () => {
      await go('/access/environments')
      await page.getByText('the last one stays').waitFor()
      await page.getByRole('button', { name: 'Make an environment' }).click()
      await dialog().getByLabel('Name').fill('Prod')
      await page.keyboard.press('Enter')
      const row = (name: string) => page.locator('.environments tr', { hasText: name })
      await row('Prod').getByText('none').waitFor()
      await row('Prod').getByRole('button', { name: 'Rename: Prod' }).click()
      await dialog().getByLabel('Name').fill('default')
      await page.keyboard.press('Enter')
      await dialog().getByText('Another environment is named default already.').waitFor()
      await dialog().getByLabel('Name').fill('Production')
      await page.keyboard.press('Enter')
      await row('Production').waitFor()
      await row('Production').getByRole('button', { name: 'Remove: Production' }).click()
      await row('Production').waitFor({ state: 'detached' })
      await page.locator('.notice', { hasText: 'Remove: Production' }).getByRole('button', { name: 'Undo' }).click()
      await row('Production').waitFor()

      await go(`/hosts/${ids['beta']}/settings`)
      await page.getByLabel('Environment').selectOption({ label: 'Production' })
      await inBothThemes('host-settings')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Save: done').waitFor()
      await go('/access/environments')
      await row('Production').getByRole('link', { name: 'beta' }).waitFor()
      assert.equal(await row('Production').getByRole('button', { name: 'Remove: Production' }).isDisabled(), true)
      await row('Production').getByText('It has hosts').waitFor()
      await inBothThemes('environments')
      await go('/hosts?filter=environment:Production')
      await page.getByText('1 of 2 hosts').waitFor()
      await page.getByRole('link', { name: 'beta' }).waitFor()
    })

    it('and tags that decide are not changed by whoever may not decide: the form says so where it stands', async () => {
      const holder = { kind: 'account', id: await idOf('Ada') }
      await api('POST', '/grants', { holder, role: 'operator', reach: { on: 'host', target: ids['alpha'] } })
      await api('POST', '/grants', { holder, role: 'viewer', reach: { on: 'tag', target: 'deciding' } })
      await go(`/hosts/${ids['alpha']}/settings`, dev)
      await dev.getByLabel('Tags').fill('deciding')
      await dev.getByRole('button', { name: 'Save' }).click()
      await dev.locator('form').getByText('The tag deciding says who may do what with a host').waitFor()
      await stage.snap('access-tag-refused', dev)
      assert.equal(await dev.getByLabel('Tags').inputValue(), 'deciding')
      assert.equal(await dev.locator('.notice').count(), 0)
      await dev.getByLabel('Tags').fill('harmless')
      assert.equal(await dev.locator('form .error').count(), 0)
      await dev.getByRole('button', { name: 'Save' }).click()
      await dev.getByText('Save: done').waitFor()
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
