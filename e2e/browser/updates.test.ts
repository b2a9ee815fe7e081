import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { TestHost } from '@fairlead/hub/updates/test-host.ts'
import { makeRelease, someBytes } from '@fairlead/hub/updates/test-release.ts'
import { api, invite } from '../fleet/console.ts'
import { joinTestHost } from '../fleet/made-up-host.ts'
import { copyTree } from '../fleet/tree.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { openLone, type Lone } from './lone.ts'
import { desktop, phone } from './observe.ts'

// A real hub with a release that no real host would take, and made-up hosts that do. It runs from a copy of the tree in which nothing was built
// for hosts: what this one has is a matter of who built what before.
describe('updates of agents in the console', need('chromium'), () => {
  let lone: Lone
  const hosts: TestHost[] = []
  const tree = mkdtempSync('/var/tmp/fairlead-updates-tree-')
  before(async () => {
    copyTree(tree)
    lone = await openLone({}, tree)
    const address = `https://127.0.0.1:${lone.hub.httpsPort}`
    for (const name of ['alpha', 'beta', 'gamma']) hosts.push(await joinTestHost(await invite(lone.owner, address), name))
    await until(async () => (await api(lone.owner, 'GET', '/updates')).text.includes('{"version":"0.1.0","hosts":3,"online":3}'))
  })
  after(async () => {
    for (const host of hosts) host.detach()
    await lone?.stop()
    rmSync(tree, { recursive: true, force: true })
  })
  const release = (version: string, counter: number) =>
    makeRelease(join(lone.hub.dataDir, 'releases', version), { version, counter, files: { 'agent.cjs': someBytes(4) } })

  it('say what runs where, that there is no release, and how one comes to be', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/hosts`)
    await page.getByRole('link', { name: 'Agent updates' }).click()
    await page.getByText('3 hosts, 3 online').waitFor()
    await page.getByText('This hub has no release yet.').waitFor()
    await page.getByText('Nothing has been updated from here yet.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Begin a wave' }).count(), 0)
    await lone.inBothThemes('updates-none')
    release('0.1.5', 1)
    const folder = join(lone.hub.dataDir, 'releases/0.1.5')
    rmSync(join(folder, 'manifest.json.minisig'))
    await page.reload()
    await page.getByText('It is not signed').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Begin a wave' }).count(), 0)
    await lone.inBothThemes('updates-unsigned')
    rmSync(folder, { recursive: true })
  })

  it('show what a wave would do, begin it, and follow it host by host', async () => {
    const { page } = lone
    release('0.2.0', 2)
    hosts[2]!.way = 'locked'
    hosts[2]!.detach()
    hosts[2]!.attach(undefined)
    await page.reload()
    await page.getByRole('row', { name: /0.2.0.*offered/ }).waitFor()
    await page.getByRole('button', { name: 'Begin a wave' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 → 2').waitFor()
    await dialog.getByLabel('Only with this tag').fill('nowhere')
    await dialog.getByText('No host there needs it and can take it.').waitFor()
    await dialog.getByLabel('Only with this tag').fill('')
    await dialog.getByText('1 → 2').waitFor()
    await dialog.getByLabel('Only with this tag').fill('Two Words')
    await dialog.getByRole('alert').filter({ hasText: 'Two Words' }).waitFor()
    await dialog.getByLabel('Only with this tag').fill('')
    await dialog.getByLabel('Pause between two stages').fill('-1')
    await dialog.getByText('A whole number of minutes, from 0 to').waitFor()
    await dialog.getByLabel('Pause between two stages').fill('60')
    await dialog.getByText('A whole number of minutes').waitFor({ state: 'detached' })
    await dialog.getByText('1 → 2').waitFor()
    await lone.inBothThemes('updates-begin')
    await dialog.getByRole('button', { name: 'Begin a wave' }).click()
    await page.getByRole('heading', { name: 'Wave of 0.2.0' }).waitFor()
    await page.getByText(/waits for the pause, until/).waitFor()
    await page.getByText('1 took it').waitFor()
    await lone.inBothThemes('updates-pause')
    await page.setViewportSize(phone)
    await lone.inBothThemes('updates-pause-phone')
    await page.setViewportSize(desktop)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('paused').first().waitFor()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText(/waits for the pause, until/).waitFor()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('Hosts that have it keep it.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click()
    await page.getByText('stopped').first().waitFor()
    assert.equal(hosts.filter(({ starts }) => starts > 0).length, 1)
  })

  it('say why a wave was halted, in the host’s own words, and why a host was left out', async () => {
    const { page } = lone
    release('0.3.0', 3)
    for (const host of hosts.slice(0, 2)) host.way = 'returns'
    await page.goto(`${lone.hub.url}/updates`)
    await page.getByRole('button', { name: 'Begin a wave' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 → 2').waitFor()
    await dialog.getByRole('button', { name: 'Begin a wave' }).click()
    await page.getByText(/Too many hosts failed \(1 of 1 in stage 1\)/).waitFor()
    await page.getByText('It did not log in within 120 s.').waitFor()
    await page.getByText('The new agent did not do well there: the one before is back.').waitFor()
    await lone.inBothThemes('updates-halted')
    await page.getByRole('link', { name: /All waves/ }).click()
    await page.getByRole('row', { name: /0.3.0.*halted/ }).waitFor()
    await lone.inBothThemes('updates-waves')
  })

  it('of one host are on its page: what runs, what is offered, now and back', async () => {
    const { page } = lone
    for (const host of hosts.slice(0, 2)) host.way = 'keeps'
    await page.goto(`${lone.hub.url}/hosts`)
    await page.getByRole('link', { name: 'beta' }).first().click()
    await page.getByRole('link', { name: 'Agent', exact: true }).click()
    await page.getByRole('button', { name: 'Update to 0.3.0 now' }).click()
    await page.getByText('went well').waitFor()
    await page.getByText('nothing newer').waitFor()
    await lone.inBothThemes('updates-host')
    await page.getByRole('button', { name: /Go back to/ }).click()
    await page.getByText('The agent of before runs again.').waitFor()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Go back to/ })
      .click()
    await page.getByRole('definition').getByText('0.1.0').waitFor()
    await page.getByText('and runs 0.1.0 now').waitFor()
    await page.getByRole('button', { name: 'Update to 0.3.0 now' }).waitFor()
    await page.getByRole('link', { name: 'Wave of 0.3.0' }).click()
    await page.getByRole('row', { name: /beta.*took it and runs 0.1.0 now/ }).waitFor()
    await page.goto(`${lone.hub.url}/hosts`)
    await page.getByRole('link', { name: 'gamma' }).first().click()
    await page.getByRole('link', { name: 'Agent', exact: true }).click()
    await page.getByRole('button', { name: 'Update to 0.3.0 now' }).click()
    await page.getByText('The policy of the host does not allow it.').waitFor()
  })

  it('wait for the window of an environment, which people choose', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/updates`)
    await page.getByText('at any time').first().waitFor()
    await page.getByRole('button', { name: 'Change: default' }).click()
    const dialog = page.getByRole('dialog')
    for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']) await dialog.getByLabel(day).uncheck()
    await dialog.getByLabel('Time zone').fill('')
    await dialog.getByText('It needs a day at least').waitFor()
    await dialog.getByLabel('Time zone').fill('Mars/Olympus')
    await dialog.getByRole('button', { name: 'Keep it' }).click()
    await dialog.getByText(/Mars\/Olympus is no time zone/).waitFor()
    await lone.inBothThemes('updates-window')
    await dialog.getByLabel('Time zone').fill('Europe/Berlin')
    await dialog.getByRole('button', { name: 'Keep it' }).click()
    await page.getByText('Sat Sun, 01:00 to 05:00, Europe/Berlin').waitFor()
    await page.getByRole('button', { name: 'Change: default' }).click()
    await dialog.getByRole('button', { name: 'At any time' }).click()
    await page.getByText('Sat Sun, 01:00').waitFor({ state: 'detached' })
  })

  it('hold in French, on a laptop and on a phone', async () => {
    const { page } = lone
    const { waves } = JSON.parse((await api(lone.owner, 'GET', '/updates')).text) as { waves: { id: string; state: string }[] }
    const { id } = waves.find(({ state }) => state === 'halted')!
    const host = (JSON.parse((await api(lone.owner, 'GET', '/hosts')).text) as { id: string; name: string }[]).find(
      ({ name }) => name === 'beta',
    )!
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    for (const size of [desktop, phone]) {
      await page.setViewportSize(size)
      for (const [name, path] of Object.entries({ list: '/updates', wave: `/updates/${id}`, host: `/hosts/${host.id}/agent` })) {
        await page.goto(lone.hub.url + path)
        await page.locator('main h1').waitFor()
        await page.locator('main .skeleton').first().waitFor({ state: 'detached' })
        if (name === 'wave') await page.getByText('Trop d’hôtes ont échoué (1 sur 1 à l’étape 1)').waitFor()
        await lone.inBothThemes(`updates-fr-${name}-${size.width}`)
        // Only what is inside scrolls: the heads of a table, which a phone does not show, made the page longer than its window.
        assert.equal(await page.evaluate('document.documentElement.scrollHeight <= innerHeight'), true, `${path} is longer than its window`)
      }
      await page.goto(`${lone.hub.url}/updates`)
      await page.getByRole('button', { name: 'Commencer une vague' }).click()
      await page.getByRole('dialog').waitFor()
      await lone.inBothThemes(`updates-fr-begin-${size.width}`)
    }
    await page.evaluate('localStorage.clear()')
    await page.setViewportSize(desktop)
    assert.deepEqual(lone.problems, [])
  })
})
