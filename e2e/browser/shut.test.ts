import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { writeProtected } from '@fairlead/agent/policy/protect.ts'
import { removeLock, writeLock } from '@fairlead/agent/policy/lock.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { openAccessStage, type AccessStage } from './access.ts'

// Where no terminal can be opened, the button is there all the same, and says why and who can change it.
describe('a terminal that is refused, in the console', need('chromium', 'dockerd', 'busybox'), () => {
  let opened: AccessStage
  let page: Page
  let path: string
  const button = (of: Page, name = 'Open a terminal') => of.getByRole('button', { name, exact: true })
  const says = async (of: Page, title: RegExp, name?: string) => {
    await until(async () => title.test((await button(of, name).getAttribute('title')) ?? ''))
    assert.equal(await button(of, name).isDisabled(), true)
  }
  const opens = async (of: Page) => until(async () => button(of).isEnabled())
  const stateDir = () => opened.alpha.stateDir

  before(async () => {
    opened = await openAccessStage()
    ;({ page } = opened)
    await opened.letAdaIn()
    const { body } = await opened.stage.engine
      .api('GET', '/containers/json')
      .then(({ body }) => ({ body: JSON.parse(body) as { Id: string }[] }))
    path = `/containers/${opened.ids['alpha']}/${body[0]!.Id}`
  })
  after(() => opened?.stage.stop())

  it('is offered while nothing stands against it', async () => {
    await opened.go(path)
    await opens(page)
    await button(page).click()
    await page.getByText('/ #').first().waitFor()
  })

  it('says that its host is locked and who opens it, in both languages, at each of its places', async () => {
    await opened.go(path)
    await opens(page)
    writeLock(stateDir(), { forMs: undefined, reason: 'a night of quiet', by: 'root' })
    // No reload: the host tells it.
    await says(page, /host is locked.*Root on the host opens it: fairlead-agent unlock/)
    await opened.inBothThemes('terminal-shut')
    await opened.go(`${path}/terminal`)
    await page.getByText('Its host is locked: nothing that comes through the hub enters its containers.').waitFor()
    await opened.inBothThemes('terminal-shut-tab')
    await opened.go('/terminals')
    await says(page, /host is locked/, 'Open a terminal in web on alpha')
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await opened.go(path)
    await until(async () =>
      /verrouillé.*fairlead-agent unlock/.test((await button(page, 'Ouvrir un terminal').getAttribute('title')) ?? ''),
    )
    await page.evaluate(`localStorage.setItem('language', 'en')`)
    removeLock(stateDir())
    await opened.go(path)
    await opens(page)
  })

  it('says that a container is protected on its host', async () => {
    writeProtected(stateDir(), [{ id: '', name: 'web', reason: 'payroll' }])
    await says(page, /protected on its host.*fairlead-agent unprotect/)
    writeProtected(stateDir(), [])
    await opens(page)
  })

  it('says that a role does not allow it, and who grants it', async () => {
    const { dev, api, idOf, ids } = opened
    await opened.go(path, dev)
    await opens(dev)
    const ada = await idOf('Ada')
    const grants = JSON.parse((await api('GET', `/grants?account=${ada}`)).text) as { id: string }[]
    await api('POST', '/grants', { holder: { kind: 'account', id: ada }, role: 'viewer', reach: { on: 'host', target: ids['alpha'] } })
    for (const { id } of grants) await api('DELETE', `/grants/${id}`)
    await opened.go(path, dev)
    await says(dev, /Your role may not open terminals\. An owner of the organization can grant it: terminals:open/)
  })
})
