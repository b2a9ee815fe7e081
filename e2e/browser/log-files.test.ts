import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { findBarriers } from './axe.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

const talks = 'i=0; while true; do i=$((i+1)); echo "tick=$i served"; [ $((i%5)) = 0 ] && echo "upstream $i refused" >&2; sleep 0.2; done'

describe('whole logs in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let beta: AgentProcess
  before(async () => {
    stage = await openStage()
    await stage.enrol('alpha')
    beta = await stage.enrol('beta')
    await stage.engine.run('web', ['sh', '-c', talks])
  })
  after(() => stage?.stop())

  const go = (path: string) => stage.page.goto(stage.hub.url + path)
  const count = async () => Number(((await stage.page.locator('.count').textContent()) ?? '').replaceAll(/\D/g, ''))
  const press = (name: string | RegExp) => stage.page.getByRole('button', { name }).first().click()
  const inBothThemes = async (name: string) => {
    for (const theme of ['light', 'dark'] as const) {
      await stage.theme(theme)
      await stage.snap(`logs-${name}-${theme}`)
      await stage.clean()
    }
  }

  it('saves a whole log from its host, or the part that is typed, and says what is wrong with what is typed', async () => {
    await go('/logs?of=name:web+host:alpha&q=stream:stderr')
    await until(async () => (await count()) > 3)
    await stage.page.getByRole('button', { name: 'Download' }).focus()
    await stage.page.keyboard.press('Enter')
    await inBothThemes('download-menu')
    await stage.page.keyboard.press('ArrowUp')
    await stage.page.keyboard.press('Enter')
    const dialog = stage.page.getByRole('dialog', { name: 'Download a whole log' })
    await dialog.getByLabel('From').fill('12:00')
    await dialog.getByLabel('Until').fill('11:00')
    await stage.page.keyboard.press('Enter')
    await dialog.getByText('Until is before From.').waitFor()
    await inBothThemes('whole-wrong')
    await dialog.getByLabel('From').fill('')
    await dialog.getByLabel('Until').fill('')
    await dialog.getByLabel('A time in UTC').check()
    const [file] = await Promise.all([stage.page.waitForEvent('download'), dialog.getByRole('button', { name: 'Download' }).click()])
    assert.match(file.suggestedFilename(), /^web\.alpha\.[\dTZ-]+\.log$/)
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\n')
    assert.match(lines[0]!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z tick=1 /)
    assert.deepEqual(
      lines.flatMap((line) => /tick=(\d+)/.exec(line)?.[1] ?? []).map(Number),
      Array.from({ length: lines.filter((line) => line.includes('tick=')).length }, (_, n) => n + 1),
    )
    await stage.page.getByText('The browser downloads the log of web.').waitFor()
    await dialog.waitFor({ state: 'detached' })
    assert.equal(await stage.page.evaluate('document.activeElement.textContent'), 'Download')
  })

  it('a whole log that cannot be saved says why, on a phone and in French too', async () => {
    await go('/logs?of=name:web')
    await stage.page.getByRole('log').getByText('tick=').first().waitFor()
    await stage.page.evaluate(`localStorage.setItem('language', 'fr')`)
    await stage.page.setViewportSize(phone)
    await stage.page.reload()
    await press('Options')
    await press('Télécharger')
    await stage.snap('logs-download-menu-phone-fr')
    await stage.clean()
    await stage.page.getByRole('menuitem', { name: 'Le journal entier' }).click()
    const dialog = stage.page.getByRole('dialog')
    await dialog.getByLabel('Conteneur').selectOption({ label: 'web · beta' })
    await stage.page.route('**/logs/file', (route) => route.abort())
    await inBothThemes('whole-phone-fr')
    await dialog.getByLabel('Dernières lignes').fill('beaucoup')
    await dialog.getByRole('button', { name: 'Télécharger' }).click()
    await dialog.getByText('un nombre entier de 1').waitFor()
    await dialog.getByLabel('Dernières lignes').fill('')
    beta.process.kill('SIGKILL')
    await until(async () => /"name":"beta"[^}]*"online":false/.test((await stage.owner.ask('GET', '/api/v1/hosts')).text))
    await dialog.getByRole('button', { name: 'Télécharger' }).click()
    await dialog.getByText('hors ligne').waitFor()
    await inBothThemes('whole-refused-fr')
    await dialog.getByRole('button', { name: 'Annuler' }).click()
    await stage.page.unroute('**/logs/file')
    await stage.page.setViewportSize(desktop)
    await stage.page.evaluate(`localStorage.removeItem('language')`)
  })

  it('says that lines cannot be looked at when the filter cannot be loaded, and looks again when asked', async () => {
    const fresh = await stage.openPage(stage.context)
    await fresh.route('**/assets/match-worker*', (route) => route.abort())
    await fresh.goto(`${stage.hub.url}/logs?of=name:web+host:alpha&q=refused`)
    await fresh.getByText('The filter could not look at the lines.').waitFor()
    await stage.snap('logs-filter-broken', fresh)
    assert.deepEqual(await findBarriers(fresh), [])
    await fresh.unroute('**/assets/match-worker*')
    await fresh.getByRole('button', { name: 'Try again' }).click()
    await fresh.getByRole('log').getByText('refused').first().waitFor()
    assert.equal(await fresh.getByText('The filter could not look at the lines.').count(), 0)
    await fresh.close()
  })

  it('nothing was thrown, all the way', () => assert.deepEqual(stage.problems, []))
})
