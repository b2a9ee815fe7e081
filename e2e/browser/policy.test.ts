import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { need } from '../need.ts'
import { api, invite } from '../fleet/console.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { openLone, type Lone } from './lone.ts'
import { phone } from './observe.ts'

const root = join(import.meta.dirname, '../..')

// What a host lets its hub do is decided there; the console says what it is, and can only take away from it.
describe('what the hub may do on a host, in the console', need('chromium'), () => {
  let lone: Lone
  let agent: AgentProcess
  before(async () => {
    lone = await openLone()
    agent = await startAgent(
      await invite(lone.owner, lone.hub.url.replace(/^http:.*/, `https://127.0.0.1:${lone.hub.httpsPort}`)),
      '/nowhere.sock',
      {
        name: 'alpha',
        env: { FAIRLEAD_POLICY: '/nowhere/policy.json' },
      },
    )
    await until(async () => (await api(lone.owner, 'GET', '/hosts')).text.includes('"online":true'))
  })
  after(async () => {
    await lone?.stop()
    await agent?.stop()
  })

  const onHost = (...args: string[]) => {
    const env = {
      PATH: process.env['PATH'],
      FAIRLEAD_STATE_DIR: agent.stateDir,
      FAIRLEAD_POLICY: '/nowhere/policy.json',
      FAIRLEAD_ENGINE: '/nowhere.sock',
    }
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'agent/src/main.ts'), ...args], {
      env,
      encoding: 'utf8',
      timeout: 30_000,
    })
    assert.equal(status, 0, stderr)
  }

  it('is in a page of its host: the mode, where it comes from, and one by one', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/hosts`)
    await page.getByRole('link', { name: 'alpha' }).first().click()
    await page.getByRole('link', { name: 'What the hub may do' }).click()
    await page.getByText('operate: the hub works on what runs in the engine').waitFor()
    await page.getByText('the host has no policy file: this is the default').waitFor()
    await page.getByRole('row', { name: /Read values of environment variables.*not in this mode/ }).waitFor()
    await page.getByRole('row', { name: /Read logs.*allowed/ }).waitFor()
    // Allowed it is, in folders of which there is none.
    await page.getByRole('row', { name: /Read files.*in no folder/ }).waitFor()
    await lone.inBothThemes('policy')
    await page.setViewportSize(phone)
    await lone.inBothThemes('policy-phone')
    await page.setViewportSize({ width: 1400, height: 900 })
  })

  it('says who locked it and why, and that only the host opens it', async () => {
    const { page } = lone
    onHost('lock', '--reason', 'a night of quiet')
    await page.reload()
    await page.getByText('Somebody on the host locked it').waitFor()
    await page.getByText(/a night of quiet/).waitFor()
    await page.getByRole('row', { name: /Start, stop, rename.*the host is locked/ }).waitFor()
    await lone.inBothThemes('policy-locked')
    await page.goto(`${lone.hub.url}/hosts?filter=state:locked`)
    const row = page.getByRole('row').filter({ hasText: 'alpha' })
    await row.getByText('locked', { exact: true }).waitFor()
    await lone.inBothThemes('hosts-locked')
    onHost('unlock')
    // The filter lets it go by itself.
    await row.waitFor({ state: 'detached' })
    await page.goBack()
    await page.getByText('Somebody on the host locked it').waitFor({ state: 'detached' })
    await page.getByRole('row', { name: /Start, stop, rename.*allowed/ }).waitFor()
  })

  it('is given away by the hub after a question, and given back on the host alone', async () => {
    const { page } = lone
    await page.getByRole('button', { name: 'Let this hub only read here' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Only somebody on the host can give it back').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('row', { name: /Start, stop, rename.*allowed/ }).waitFor()
    await page.getByRole('button', { name: 'Let this hub only read here' }).click()
    await dialog.getByRole('button', { name: 'Let this hub only read here' }).click()
    await page.getByText('This hub gave away: monitor').waitFor()
    await page.getByRole('row', { name: /Start, stop, rename.*given away by this hub/ }).waitFor()
    await lone.inBothThemes('policy-narrowed')
    onHost('policy', 'widen')
    await page.reload()
    await page.getByRole('row', { name: /Start, stop, rename.*allowed/ }).waitFor()
    assert.deepEqual(lone.problems, [])
  })

  it('shows what the host wrote down, what it refused and what was done past the hub, page by page', async () => {
    const { page } = lone
    onHost('lock', '--reason', 'looking at the journal')
    onHost('unlock')
    await page.goto(`${lone.hub.url}/hosts/alpha/journal`)
    await page.getByRole('row', { name: /Lock the host.*by .*, on the host.*looking at the journal/ }).waitFor()
    await lone.inBothThemes('journal')
    await page.getByRole('combobox', { name: 'Show' }).selectOption('refused')
    await page
      .getByText(/Nothing of the kind is in its journal|refused:/)
      .first()
      .waitFor()
    await page.getByRole('combobox', { name: 'Show' }).selectOption('local')
    await page
      .getByRole('row', { name: /Unlock the host/ })
      .first()
      .waitFor()
    await page.setViewportSize(phone)
    await lone.inBothThemes('journal-phone')
    await page.setViewportSize({ width: 1400, height: 900 })
  })

  it('shows how the link does from both its ends, and that it is down when it is', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/hosts/alpha/link`)
    await page.getByText(/^up for/).waitFor()
    await page.getByText(/hub .* ms · host .* ms/).waitFor()
    await page.getByText('by TLS, end to end').waitFor()
    await page.getByText('The link was never lost.').waitFor()
    await lone.inBothThemes('link')
    agent.process.kill('SIGSTOP')
    agent.process.kill('SIGKILL')
    await page.getByText('The link is down. On the machine itself:').first().waitFor({ timeout: 60_000 })
    await lone.inBothThemes('link-down')
    await page.goto(`${lone.hub.url}/hosts/alpha/journal`)
    await page.getByText('A host tells its journal while it is online.').waitFor()
  })
})
