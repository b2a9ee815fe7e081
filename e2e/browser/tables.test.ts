import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { TestEngine } from '../engine.ts'
import { openFakeEngine, type FakeEngine } from '../fakes/engine.ts'
import { openWorld, type World } from '../fakes/world.ts'
import type { AgentProcess, HubProcess } from '../fleet/programs.ts'
import { need } from '../need.ts'
import { overflowsSideways } from './browser.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

const sleeper = ['sleep', '100000']

/** A real engine on `alpha`; on `beta` a made-up one with more containers than a page holds. */
describe('lists in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let hub: HubProcess
  let engine: TestEngine
  let world: World
  let fake: FakeEngine
  let beta: AgentProcess
  let page: Page
  const dir = mkdtempSync('/var/tmp/fairlead-tables-')

  before(async () => {
    stage = await openStage()
    ;({ hub, engine, page } = stage)
    for (const name of ['red-1', 'red-2', 'red-3', 'red-4', 'red-5', 'red-6', 'blue-1', 'blue-2'])
      await engine.run(name, sleeper, { Labels: { 'com.docker.compose.project': name.replace(/-\d$/, '') } })
    world = openWorld(
      Array.from({ length: 700 }, (_, n) => ({
        name: `unit-${n}`,
        image: 'example/unit:1',
        stack: `fleet-${n % 7}`,
        status: n % 50 === 0 ? 'exited' : 'running',
        linesPerSecond: 0,
      })),
    )
    fake = await openFakeEngine(join(dir, 'engine.sock'), world)
    await stage.enrol('alpha')
    beta = await stage.enrol('beta', fake.socket)
  })
  after(async () => {
    await stage?.stop()
    await fake?.close()
    world?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const barriers = () => stage.barriers()
  const shot = (name: string) => stage.snap(`tables-${name}`)
  const rows = () => page.locator('.grid-body .grid-row')
  const foot = () => page.locator('.foot')
  const open = async (query: string) => {
    await page.goto(`${hub.url}/containers?${query}`)
    await rows().first().waitFor()
  }

  it('a list of 708 keeps a screenful of rows in the page and scrolls to the last one', async () => {
    await open('filter=')
    await page.getByText('708 of 708').waitFor()
    assert.ok((await rows().count()) < 60, 'rows out of sight exist in the page')
    await shot('grid')
    await barriers()
    await page.evaluate(`document.querySelector('.grid').scrollTop = 1e6`)
    await page.getByRole('link', { name: 'unit-699' }).waitFor()
    assert.equal(await page.locator('.grid').getAttribute('aria-rowcount'), '709')
  })

  it('the filter completes names and values from the fleet, and keeps words as chips in the address', async () => {
    await open('sort=name')
    await page.keyboard.press('/')
    await page.keyboard.type('sta')
    await page.getByRole('option', { name: 'state:' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('option', { name: /exited 14/ }).waitFor()
    await page.keyboard.type('ex')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.locator('.chip', { hasText: 'state:exited' }).waitFor()
    await page.getByText('14 of 708').waitFor()
    assert.equal(new URL(page.url()).searchParams.get('filter'), 'state:exited')
    await page.keyboard.type('host:alpha ')
    await page.getByText('Nothing fits this filter').waitFor()
    await page.getByRole('button', { name: 'Remove state:exited' }).click()
    await page.getByText('8 of 708').waitFor()
    await page.reload()
    await page.locator('.chip', { hasText: 'host:alpha' }).waitFor()
    await page.getByText('8 of 708').waitFor()
  })

  it('says what the hub cannot read of a filter', async () => {
    await page.goto(`${hub.url}/containers?filter=${encodeURIComponent('w '.repeat(33))}`)
    await page.getByText('A filter may have at most 32 words').waitFor()
  })

  it('sorts by several columns, kept in the address, and groups by host and stack', async () => {
    await open('filter=host:alpha')
    await page.getByRole('button', { name: /^Stack/ }).click()
    await page.getByRole('button', { name: /^Name/ }).click({ modifiers: ['Shift'] })
    await page.getByRole('button', { name: /^Name/ }).click({ modifiers: ['Shift'] })
    await page.waitForURL(/sort=stack(%2C|,)-name/)
    await page.locator('[aria-rowindex="2"] a', { hasText: /^blue-2$/ }).waitFor()
    await page.getByRole('button', { name: 'Group', exact: true }).click()
    await page.getByRole('menuitem', { name: 'By stack' }).click()
    await page.getByRole('button', { name: 'red 6' }).waitFor()
    assert.equal(await page.locator('.grid-row.begins').count(), 2)
    await shot('grouped')
    await page.getByRole('button', { name: 'red 6' }).click()
    await page.getByText('6 of 708').waitFor()
  })

  it('columns are chosen, ordered and sized by keyboard, and stay so', async () => {
    await open('filter=host:alpha')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Image' }).uncheck()
    await page.getByRole('checkbox', { name: 'Command' }).check()
    await page.getByRole('button', { name: 'Host: further left' }).click()
    await page.getByLabel('Width of Name, in pixels').fill('300')
    await page.keyboard.press('Tab')
    await barriers()
    await page.keyboard.press('Escape')
    await page.reload()
    await rows().first().waitFor()
    const heads = await page.getByRole('columnheader').allInnerTexts()
    assert.deepEqual(
      heads.map((head) => head.replace(/ [↑↓]\d?$/, '').trim()),
      ['', 'Name', 'State', 'Host', 'Since', 'Stack', 'CPU', 'Memory', 'Ports', 'Command'],
    )
    const width = await page.evaluate(`document.querySelector('[role=columnheader].lead').getBoundingClientRect().width`)
    assert.equal(width, 300)
    await page.evaluate('localStorage.removeItem("columns.containers")')
  })

  it('x, Shift+x and Ctrl+A select one, a range, and everything that matches, in sight or not', async () => {
    await open('filter=unit')
    for (const key of ['j', 'x', 'j', 'j', 'Shift+X']) await page.keyboard.press(key)
    await foot().getByText('3 selected on 1 host').waitFor()
    await page.keyboard.press('Control+a')
    await foot().getByText('700 selected on 1 host').waitFor()
    assert.equal(await page.getByRole('checkbox', { name: 'Select everything that matches' }).isChecked(), true)
    await page.keyboard.press('Escape')
    await foot().getByText('700 of 708').waitFor()
  })

  it('a bulk says what it will do and skip, does it on the real engine, and shows each result', async () => {
    await open('filter=host:alpha%20name:red-')
    await page.keyboard.press('j')
    await page.keyboard.press('Shift+S')
    await page.getByText(/^Stop red-1: done/).waitFor({ timeout: 30_000 })
    await page.locator('.grid-row', { hasText: 'red-1' }).getByText('exited').waitFor()
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Shift+S')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('5 containers on 1 host').waitFor()
    await dialog.getByText('1 skipped: not in a state for it').waitFor()
    await barriers()
    await shot('bulk')
    await dialog.getByRole('button', { name: 'Stop' }).click()
    await dialog.getByText('5 of 5 done, 0 failed').waitFor({ timeout: 60_000 })
    await shot('bulk-result')
    await barriers()
    const { body } = await engine.api('GET', '/containers/json?all=1')
    const stopped = (JSON.parse(body) as { Names: string[]; State: string }[]).filter(({ State }) => State === 'exited')
    assert.equal(stopped.length, 6)
    await page.keyboard.press('Escape')
  })

  it('shows what failed of a bulk, alone when asked, and tries only that again', async () => {
    await open('filter=host:alpha%20name:red-')
    await page.keyboard.press('j')
    await page.keyboard.press('Control+a')
    await foot().getByText('6 selected').waitFor()
    await page.getByRole('button', { name: 'Actions' }).click()
    await page.getByRole('menuitem', { name: 'Start', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('6 containers on 1 host').waitFor()
    // One goes behind the console's back, between the preview and the click.
    const { body } = await engine.api('GET', '/containers/red-3/json')
    await engine.api('DELETE', `/containers/${(JSON.parse(body) as { Id: string }).Id}?force=1`)
    await dialog.getByRole('button', { name: 'Start' }).click()
    await dialog.getByText('5 of 6 done, 1 failed').waitFor({ timeout: 60_000 })
    await dialog.getByLabel('Only what failed (1)').check()
    assert.equal(await dialog.locator('tbody tr').count(), 1)
    await dialog.getByText('red-3').waitFor()
    await dialog.getByRole('button', { name: 'Retry failed' }).click()
    await dialog.getByText('5 of 6 done, 1 failed').waitFor({ timeout: 60_000 })
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    assert.match((await page.locator('.tray').textContent()) ?? '', /6\/6/)
  })

  it('removing lists every name and wants the number typed', async () => {
    await open('filter=host:alpha%20name:blue-')
    await page.keyboard.press('j')
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Delete')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('blue-2').waitFor()
    assert.equal(await dialog.getByRole('button', { name: 'Remove' }).isDisabled(), true)
    await dialog.getByLabel('Type 2 to confirm').fill('2')
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await dialog.getByText('2 of 2 done').waitFor({ timeout: 30_000 })
    await page.keyboard.press('Escape')
    await page.getByText('Nothing fits this filter').waitFor()
  })

  it('cancels what has not started', async () => {
    await open('filter=unit%20state:running')
    await page.keyboard.press('j')
    await page.keyboard.press('Control+a')
    await page.keyboard.press('r')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('686 containers on 1 host').waitFor()
    await dialog.getByRole('button', { name: 'Restart' }).click()
    await dialog.getByRole('button', { name: /Cancel the \d+ not started/ }).click()
    await dialog.getByText('canceled').first().waitFor()
    await page.keyboard.press('Escape')
  })

  it('a row is looked into beside the list, by Space and by address', async () => {
    await open('filter=unit&sort=name')
    await page.keyboard.press('j')
    await page.keyboard.press('Space')
    await page.locator('.peek h2', { hasText: 'unit-0' }).waitFor()
    await shot('peek')
    await barriers()
    await page.keyboard.press('j')
    await page.locator('.peek h2', { hasText: /^unit-1$/ }).waitFor()
    await page.reload()
    await page.locator('.peek h2', { hasText: /^unit-1$/ }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.peek').waitFor({ state: 'detached' })
  })

  it('exports everything that is filtered, with formulas made harmless', async () => {
    await open('filter=unit')
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'CSV' }).click()])
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    assert.equal(lines.length, 701)
    assert.match(lines[0]!, /^Name,State,Since,Host/)
  })

  it('rows stay under the pointer while others come; a chip says how many wait', async () => {
    await open('filter=unit&sort=name')
    await page
      .getByText('700 of 708')
      .or(page.getByText(/700 of \d+/))
      .first()
      .waitFor()
    await page.locator('[aria-rowindex="3"]').hover()
    world.change(
      [...world.containers.values()].find(({ name }) => name === 'unit-0')!,
      'rename',
      { name: 'unit-9z' },
    )
    await page.getByText(/\d+ changes?, apply/).waitFor()
    await page.locator('[aria-rowindex="2"] a', { hasText: /^unit-9z$/ }).waitFor()
    await page.mouse.move(5, 5)
    await page.locator('[aria-rowindex="2"] a', { hasText: /^unit-1$/ }).waitFor()
  })

  it('the help lists the keys of the screen, and single letters can be turned off', async () => {
    await open('filter=unit')
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('Look beside the list').waitFor()
    await barriers()
    await page.getByLabel(/Single letters act/).uncheck()
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    assert.equal(await page.locator('.grid-row.current').count(), 0)
    await page.keyboard.press('?')
    await page.getByLabel(/Single letters act/).check()
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    await page.locator('.grid-row.current').waitFor()
  })

  it('on a phone rows are cards, nothing scrolls sideways, a tap opens the sheet', async () => {
    await page.setViewportSize(phone)
    await open('filter=unit')
    assert.equal(await overflowsSideways(page), false)
    assert.equal(
      await page.evaluate(`(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector('.grid'))`),
      false,
    )
    await shot('phone')
    await barriers()
    await rows().first().click()
    await page.locator('.peek').waitFor()
    await shot('phone-peek')
    await barriers()
    assert.equal(await overflowsSideways(page), false)
    await page.setViewportSize(desktop)
  })

  it('a host that is gone stays readable, with its age, and cannot be acted on', async () => {
    await beta.stop()
    await open('filter=unit')
    await page.getByText('Offline, shown as last seen: beta').waitFor()
    await page.locator('.grid-row.stale').first().waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Space')
    await page.getByText('Host beta is offline').waitFor()
    await page.locator('.peek').getByRole('button', { name: 'Actions' }).click()
    await page.getByRole('menuitem', { name: /Stop.*the host is offline/ }).waitFor()
    await shot('stale')
    await barriers()
  })

  it('nothing was thrown, all the way', () => {
    assert.deepEqual(stage.problems, [])
  })
})
