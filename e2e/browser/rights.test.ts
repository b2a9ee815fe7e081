import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { need } from '../need.ts'
import { openAccessStage, type AccessStage } from './access.ts'

/** Ada is the developer of one host, and gets more or less as the tests go on. */
describe('roles, teams and environments, in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: AccessStage['stage']
  let page: Page
  let dev: Page
  let ids: AccessStage['ids']
  let go: AccessStage['go']
  let dialog: AccessStage['dialog']
  let field: AccessStage['field']
  let api: AccessStage['api']
  let idOf: AccessStage['idOf']
  let inBothThemes: AccessStage['inBothThemes']
  before(async () => {
    const opened = await openAccessStage()
    ;({ stage, page, dev, ids, go, dialog, field, api, idOf, inBothThemes } = opened)
    await opened.letAdaIn()
  })
  after(() => stage?.stop())

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
      assert.deepEqual([await cell('Operator'), await cell('Developer')], ['●yes', '–no'])
      await page.locator('.roles').getByRole('link', { name: 'Developer' }).click()
      await page.getByText('it never changes').waitFor()
      assert.equal(await page.getByRole('checkbox').count(), 0)
      await page.locator('.grants', { hasText: 'Ada' }).waitFor()
      await inBothThemes('role-built-in')
    })

    it('are copied, changed, given by their name and removed once nobody has them', async () => {
      await page.getByRole('link', { name: 'Copy this role' }).click()
      assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Developer, copied')
      await page.getByLabel('Name', { exact: true }).fill('Night watch')
      await page.getByLabel('Open and use terminals').uncheck()
      await page.getByLabel('All of Events').count()
      await inBothThemes('role-new')
      await page.getByRole('button', { name: 'Save the role' }).click()
      await page.getByRole('heading', { name: 'Night watch' }).waitFor()
      assert.equal(await page.getByLabel('Open and use terminals').isChecked(), false)
      // What was typed is not lost by a click elsewhere.
      await page.getByLabel('Name', { exact: true }).fill('Night')
      await page.getByRole('link', { name: 'Teams' }).click()
      await dialog().getByText('Leave without saving?').waitFor()
      await page.keyboard.press('Enter')
      await page.getByLabel('Name', { exact: true }).fill('Owner')
      await page.getByRole('button', { name: 'Save the role' }).click()
      await page.getByRole('alert').waitFor()
      await inBothThemes('role-refused')
      await page.getByLabel('Name', { exact: true }).fill('Night watch')
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
      await dialog().getByLabel('Name', { exact: true }).fill('Harbour')
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
      await field('Role').selectOption({ label: 'Operator' })
      await field('Where').selectOption({ label: 'Hosts with a tag' })
      await field('Tag').fill('night')
      await dialog().getByRole('button', { name: 'Give a role' }).click()
      await page.getByText('on hosts tagged night', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Rename' }).click()
      await dialog().getByLabel('Name', { exact: true }).fill('Quay')
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
      await page.getByText(/Ada may do 0 of \d+ things there\./).waitFor()
      await field('Where', page).selectOption({ label: 'One host' })
      await field('Which one', page).selectOption({ label: 'beta' })
      const row = page.locator('.explained tr', { hasText: 'Remove containers' })
      await row.getByText('role Operator, on hosts tagged night, through the team Quay').waitFor()
      await row.getByText('● allowed').waitFor()
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
      await dialog().getByLabel('Name', { exact: true }).fill('Prod')
      await page.keyboard.press('Enter')
      const row = (name: string) => page.locator('.environments tr', { hasText: name })
      await row('Prod').getByText('none').waitFor()
      await row('Prod').getByRole('button', { name: 'Rename: Prod' }).click()
      await dialog().getByLabel('Name', { exact: true }).fill('default')
      await page.keyboard.press('Enter')
      await dialog().getByText('Another environment is named default already.').waitFor()
      await dialog().getByLabel('Name', { exact: true }).fill('Production')
      await page.keyboard.press('Enter')
      await row('Production').waitFor()
      await row('Production').getByRole('button', { name: 'Remove: Production' }).click()
      await row('Production').waitFor({ state: 'detached' })
      await page.locator('.notice', { hasText: 'Remove: Production' }).getByRole('button', { name: 'Undo' }).click()
      await row('Production').waitFor()

      await go(`/hosts/${ids['beta']}/settings`)
      await page.getByRole('combobox', { name: /^Environment/ }).selectOption({ label: 'Production' })
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
      // With the tags, not at the end of the form.
      const follows = `document.querySelector('form .error').compareDocumentPosition(document.querySelector('select[name=environment]'))`
      assert.equal(await dev.evaluate(follows), 4)
      await stage.snap('access-tag-refused', dev)
      assert.equal(await dev.getByLabel('Tags').inputValue(), 'deciding')
      assert.equal(await dev.locator('.notice').count(), 0)
      await dev.getByLabel('Tags').fill('harmless')
      assert.equal(await dev.locator('form .error').count(), 0)
      await dev.getByRole('button', { name: 'Save' }).click()
      await dev.getByText('Save: done').waitFor()
    })
  })
})
