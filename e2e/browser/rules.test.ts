import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startEngine, type TestEngine } from '../engine.ts'
import { api, invite } from '../fleet/console.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { openLone, type Lone } from './lone.ts'
import { desktop, phone } from './observe.ts'

// A real agent with a real engine: what it is told to do by itself, and what it did.
describe('rules that hosts keep, in the console', need('chromium', 'dockerd', 'busybox'), () => {
  let lone: Lone
  let engine: TestEngine
  let agent: AgentProcess
  before(async () => {
    ;[lone, engine] = await Promise.all([openLone(), startEngine()])
    agent = await startAgent(await invite(lone.owner, `https://127.0.0.1:${lone.hub.httpsPort}`), engine.socket, {
      name: 'alpha',
      env: { TZ: 'Asia/Tokyo' },
    })
    await until(async () => (await api(lone.owner, 'GET', '/hosts')).text.includes('"online":true'))
  })
  after(async () => {
    await agent?.stop()
    await engine?.stop()
    await lone?.stop()
  })

  it('are none at first, and the first is made by keyboard alone', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/hosts`)
    await page.getByRole('link', { name: 'alpha' }).first().click()
    await page.getByRole('link', { name: 'Rules' }).click()
    await page.getByText('No rules here').waitFor()
    await lone.inBothThemes('rules-none')
    await page.getByRole('button', { name: 'Restart containers that fail' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    // Its name is where one begins to type.
    await page.keyboard.type('stays up')
    await dialog.getByLabel('Seconds, 10 to 3600').fill('5')
    await dialog.locator('input[aria-invalid=true]').and(dialog.getByLabel('Seconds, 10 to 3600')).waitFor()
    await dialog.getByText('Between 10 and 3600 seconds.').waitFor()
    assert.equal(await dialog.getByRole('button', { name: 'Save' }).isDisabled(), true)
    await lone.inBothThemes('rules-heal')
    await dialog.getByLabel('Seconds, 10 to 3600').fill('10')
    await page.keyboard.press('Enter')
    await page.getByRole('row', { name: /stays up.*all containers.*unhealthy for 10 sec.*3 times an hour.*this host/ }).waitFor()
  })

  it('are shown with what would go before they are set, and when they come next there and here', async () => {
    const { page } = lone
    await page.getByRole('button', { name: 'Clean up images' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Name' }).fill('night')
    await dialog.getByLabel('Which images').selectOption('unused')
    await dialog.getByLabel('Older than').fill('0')
    await dialog.getByRole('button', { name: 'Show what would go now' }).click()
    await dialog.getByText(/^1 image, /).waitFor()
    await dialog.getByText('fairlead-test:1').waitFor()
    await lone.inBothThemes('rules-prune')
    // Another choice is another answer.
    await dialog.getByLabel('Older than').fill('1')
    await dialog.getByText('fairlead-test:1').waitFor({ state: 'detached' })
    // In an hour at which it does not come to pass here.
    const hour = String((new Date(Date.now() + 9 * 3_600_000).getUTCHours() + 6) % 24).padStart(2, '0')
    await dialog.getByLabel('From, by the clocks').fill(`${hour}:00`)
    await dialog.getByLabel('To', { exact: true }).fill(`${hour}:30`)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText(/on the host \(Asia\/Tokyo\)/).waitFor()
    await page
      .getByText(/ here$/)
      .first()
      .waitFor()
  })

  it('say what the host did by them, and what needs somebody', async () => {
    const { page } = lone
    await engine.run('crash', ['sh', '-c', 'sleep 1; exit 3'])
    await page.getByText('crash restarted').first().waitFor()
    await page.getByRole('button', { name: 'Change: stays up' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Restarts of one container').fill('1')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('crash given up').first().waitFor()
    await page.getByText('Needs somebody').waitFor()
    await lone.inBothThemes('rules')
    await page.setViewportSize(phone)
    await lone.inBothThemes('rules-phone')
    await page.setViewportSize(desktop)
  })

  it('of an environment are set on a page of its own, and stand on the page of each host', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/access/environments`)
    await page.getByRole('link', { name: /^Rules: / }).click()
    await page.getByText('1 of 1 host here has these rules.').waitFor()
    await page.getByRole('button', { name: 'Clean up images' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Name' }).fill('everywhere')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('row', { name: /everywhere.*images without a name, older than 7 days/ }).waitFor()
    await lone.inBothThemes('rules-environment')
    await page.goto(`${lone.hub.url}/hosts`)
    await page.getByRole('link', { name: 'alpha' }).first().click()
    await page.getByRole('link', { name: 'Rules' }).click()
    await page.getByRole('row', { name: /everywhere.*environment / }).waitFor()
    await page.getByRole('button', { name: 'Remove: stays up' }).click()
    await page.getByRole('row', { name: /stays up.*all containers/ }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('row', { name: /stays up.*all containers/ }).waitFor()
    assert.deepEqual(lone.problems, [])
  })

  it('are in French too, and are shown while the host is offline', async () => {
    const { page } = lone
    await agent.stop()
    await page.evaluate("localStorage.setItem('language', 'fr')")
    await page.reload()
    await page.getByText('L’hôte est hors ligne. Il continue selon les règles qu’il a').waitFor()
    await page.getByRole('row', { name: /everywhere.*images sans nom/ }).waitFor()
    await lone.inBothThemes('rules-offline-fr')
  })
})
