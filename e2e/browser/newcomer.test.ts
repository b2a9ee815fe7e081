import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { need } from '../need.ts'
import { openStage, type Stage } from './observe.ts'

/** What somebody who has never seen the console stumbles over. */
describe('a newcomer in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let page: Page
  before(async () => {
    stage = await openStage()
    page = stage.page
    await stage.enrol('alpha')
  })
  after(() => stage?.stop())

  const go = (path: string) => page.goto(stage.hub.url + path)
  const row = (name: string) => page.locator('.grid-body .grid-row', { has: page.getByRole('link', { name, exact: true }) })
  const attention = (name: string) => page.locator('.attention tr', { has: page.getByRole('link', { name, exact: true }) })
  const told = async () => (await stage.owner.ask('GET', '/api/v1/audit?limit=100')).text
  async function openTab(name: string, tab: string): Promise<void> {
    await go(`/containers?filter=name:${name}`)
    await row(name).getByRole('link').click()
    await page.locator('.tabs').getByRole('link', { name: tab, exact: true }).click()
  }

  it('is told that no container runs where there is none to open a terminal in, not that a filter fits nothing', async () => {
    await go('/terminals')
    await page.getByText('No container runs, so there is none to open a terminal in.').waitFor()
    await stage.clean()
  })

  it('opens the terminal of a container that does not run by starting it: nothing is tried in vain, nor written down', async () => {
    const id = await stage.engine.run('job', ['sleep', '100000'])
    await stage.engine.api('POST', `/containers/${id}/kill`)
    await openTab('job', 'Terminal')
    await page.getByText('The container is exited: a terminal needs one that runs.').waitFor()
    await stage.snap('newcomer-terminal-stopped')
    await stage.clean()
    assert.doesNotMatch(await told(), /terminal\.open/)
    await page.locator('.empty').getByRole('button', { name: 'Start' }).click()
    await page.locator('.xterm').waitFor()
    await page.locator('.terminal-bar').getByText('live').waitFor()
    await stage.snap('newcomer-terminal')
    const ground = await page.evaluate<string>(`getComputedStyle(document.querySelector('.xterm-viewport')).backgroundColor`)
    assert.equal(ground, 'rgba(0, 0, 0, 0)', 'a black frame stands around the screen')
    await page.getByRole('button', { name: 'End it' }).click()
  })

  it('sees what is unhealthy called so, and one that starts again and again among what needs attention', async () => {
    const second = 1_000_000_000
    await stage.engine.run('sick', ['sleep', '100000'], {
      Healthcheck: { Test: ['CMD', 'false'], Interval: second, Timeout: second, Retries: 1 },
    })
    await stage.engine.run('loop', ['false'], { HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: 'always' } } })
    await go('/')
    await attention('sick').locator('.state-warn').getByText('unhealthy').waitFor()
    await attention('loop').getByText('restarting').waitFor({ timeout: 30_000 })
    await stage.snap('newcomer-attention')
    await stage.clean()
    await go('/containers')
    await row('sick').getByText('unhealthy').waitFor()
  })

  it('sees on the overview what others do, without a reload', async () => {
    await go('/')
    await page.locator('.changes').getByText('Start a container').waitFor()
    const { rows } = JSON.parse((await stage.owner.ask('GET', '/api/v1/fleet/container?filter=name:job')).text) as {
      rows: { host: string; id: string }[]
    }
    await stage.owner.ask('POST', `/api/v1/hosts/${rows[0]!.host}/containers/${rows[0]!.id}/pause`, {})
    await page.locator('.changes').getByText('Pause a container').waitFor({ timeout: 30_000 })
    await stage.owner.ask('POST', `/api/v1/hosts/${rows[0]!.host}/containers/${rows[0]!.id}/unpause`, {})
  })

  it('has what uses most on top after one press on a column of figures', async () => {
    await go('/containers')
    await page.getByRole('button', { name: 'CPU' }).click()
    await page.waitForURL(/sort=-cpu/)
    await page.getByRole('button', { name: /^CPU/ }).click()
    await page.waitForURL(/sort=cpu/)
    await page.getByRole('button', { name: /^CPU/ }).click()
    await page.waitForURL((url) => !url.search.includes('sort'))
  })

  it('finds each thing once in the help of the keys, and leaves an empty filter with one Escape', async () => {
    await page.keyboard.press('?')
    await page.locator('.keys-help div', { hasText: /^j↓Down$/ }).waitFor()
    const said = await page.locator('.keys-help dd').allTextContents()
    assert.deepEqual(
      said.filter((text, at) => said.indexOf(text) !== at),
      // The page of that name, and those of the container one stands on.
      ['Logs'],
    )
    await stage.snap('newcomer-keys')
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.locator('[data-filter]:focus').waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await page.locator('[data-filter]:focus').count(), 0)
  })

  it('is told how the agent is taken off a host, beside how the host is taken off the hub', async () => {
    await go('/hosts/alpha/settings')
    await page.getByText('sudo fairlead-agent uninstall').waitFor()
    await stage.snap('newcomer-settings')
    await stage.clean()
  })

  it('sees containers of an engine that is down as they were, not as if they were live', async () => {
    stage.engine.process.kill('SIGKILL')
    await go('/containers')
    await page.getByText('Engine down, shown as last seen: alpha').waitFor({ timeout: 60_000 })
    await row('job').locator('.state-stale').waitFor()
    await stage.snap('newcomer-engine-down-list')
    await stage.clean()
    await row('job').getByRole('link').click()
    await page.getByText('The engine on alpha is down: this is how it was before, and whether it still is nobody knows.').waitFor()
    await stage.snap('newcomer-engine-down')
    await stage.clean()
    await stage.engine.restart()
    await page.locator('.head .state-stale').waitFor({ state: 'detached', timeout: 60_000 })
    assert.deepEqual(stage.problems, [])
  })
})
