import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { AgentProcess } from '../fleet/programs.ts'
import { runCli } from '../fleet/run-cli.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { openStage, type Stage } from './observe.ts'

// The console and the CLI of a host beside one another, as a person has them.
describe('a line in the console and on the host', need('chromium', 'dockerd', 'busybox'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-words-')
  let stage: Stage
  let agent: AgentProcess
  before(async () => {
    stage = await openStage()
    agent = await stage.enrol('alpha')
  })
  after(async () => {
    await stage?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const cli = (stateDir: string, verb: string, input: string) => runCli({ FAIRLEAD_STATE_DIR: stateDir }, [verb], input)
  const alpha = async () =>
    (JSON.parse((await stage.owner.ask('GET', '/api/v1/hosts')).text) as Host[]).find(({ name }) => name === 'alpha')!
  async function makeLine(): Promise<string> {
    await stage.page.getByLabel(/^Address under which/).fill(stage.base)
    await stage.page.getByRole('button', { name: 'Make the line' }).click()
    const line = (await stage.page.locator('.line-box').textContent()) ?? ''
    return /'(flj1\.[^']+)'/.exec(line)![1]!
  }

  it('say the same six words of the hub’s key, and what to do where they differ [security 41]', { timeout: 120_000 }, async () => {
    const { page } = stage
    await page.goto(`${stage.hub.url}/hosts/enrol`)
    const line = await makeLine()
    const shown = (await page.getByText('The agent shows the same words:').locator('strong').textContent())!
    assert.match(shown, /^(?:[a-z]+ ){5}[a-z]+$/)
    await page.getByText(/If it shows others, the host follows a hub that is not this one: remove the agent there/).waitFor()
    const { status, stdout, stderr } = await cli(join(dir, 'words'), 'enrol', line)
    assert.equal(status, 0, stderr)
    assert.ok(stdout.includes(`The hub’s key in words: ${shown}.`), stdout)
    assert.match(
      stdout,
      /If it shows others, this host follows a hub that is not yours: remove the agent \(sudo fairlead-agent uninstall\)/,
    )
    // Of another hub's key they are others, and its line is refused before anything is said there.
    const [, id, secret, , address] = line.split('.')
    const forged = await cli(join(dir, 'forged'), 'enrol', ['flj1', id, secret, 'A'.repeat(43), address].join('.'))
    assert.notEqual(forged.status, 0)
    assert.ok(!forged.stdout.includes('Enrolled'))
  })

  it(
    'enrol a host anew: asked for on its page, done by its CLI, and it stays the same host [security 37]',
    { timeout: 120_000 },
    async () => {
      const { page } = stage
      const { id } = await alpha()
      await page.goto(`${stage.hub.url}/hosts/alpha/settings`)
      await page.getByRole('link', { name: 'Enrol anew…' }).click()
      await page.getByRole('heading', { name: 'Enrol alpha anew' }).waitFor()
      assert.equal(await page.getByLabel('Tags').count(), 0)
      for (const theme of ['light', 'dark'] as const) {
        await stage.theme(theme)
        await stage.snap(`enrol-anew-${theme}`)
        await stage.clean()
      }
      // A host that is not there gets no line.
      await page.goto(`${stage.hub.url}/hosts/enrol?host=nosuch`)
      await page.getByRole('alert').getByText('There is no such host').waitFor()
      assert.equal(await page.getByRole('button', { name: 'Make the line' }).count(), 0)
      await page.goBack()
      const line = await makeLine()
      agent.process.kill('SIGTERM')
      await once(agent.process, 'exit')
      const { status, stdout, stderr } = await cli(agent.stateDir, 'rejoin', line)
      assert.equal(status, 0, stderr)
      assert.ok(stdout.includes(`as host ${id}`), stdout)
      await page.getByText('The line has been used.').waitFor()
      await page.getByRole('link', { name: 'Enrolled as alpha.' }).waitFor()
      await agent.restart()
      await until(async () => (await alpha()).online)
      assert.equal((await alpha()).id, id)
      assert.deepEqual(stage.problems, [])
    },
  )
})
