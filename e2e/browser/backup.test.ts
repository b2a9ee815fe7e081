import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { openOwner } from '@fairlead/hub/base/owner.ts'
import { hubCommand } from '../fleet/command.ts'
import { api, createPerson, ok } from '../fleet/console.ts'
import { startHub, type HubProcess } from '../fleet/programs.ts'
import { need } from '../need.ts'
import { signIn } from './browser.ts'
import { openLone, type Lone } from './lone.ts'
import { desktop, phone } from './observe.ts'

// A hub, a backup of it, and the hub that was made of that backup: each with its own page of settings.
describe('backups in the console', need('chromium'), () => {
  let lone: Lone
  let page: Page
  let dir: string
  let restored: HubProcess
  let there: Awaited<ReturnType<Lone['open']>>

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-copies-')
    chmodSync(dir, 0o711)
    writeFileSync(join(dir, 'passphrase'), 'five other unrelated words\n', { mode: 0o600 })
    lone = await openLone()
    page = lone.page
  })
  after(async () => {
    await lone?.stop()
    await restored?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const file = () => join(dir, 'hub.backup')
  const section = (of = page) => of.locator('.backups')
  const standing = (word: string, of = page) => section(of).locator('.state', { hasText: word })
  const command = async (args: readonly string[], dataDir: string) => {
    const { code, err } = await hubCommand(args, { env: { FAIRLEAD_DATA_DIR: dataDir } })
    assert.equal(code, 0, err)
  }

  it('say that there is none and how to make one; one made by hand is told with its age and its place', async () => {
    await page.goto(`${lone.hub.url}/settings`)
    await section().getByText('there is none').waitFor()
    await section().getByText('no: nothing is set up').waitFor()
    await section().getByRole('button', { name: 'Copy the command' }).click()
    assert.match(await page.evaluate<string>('navigator.clipboard.readText()'), /^fairlead-hub backup /)
    assert.equal(await page.getByRole('link', { name: 'This hub is held' }).count(), 0)
    await lone.inBothThemes('backup-none')
    await command(['backup', file(), '--with-key', '--passphrase-file', join(dir, 'passphrase')], lone.hub.dataDir)
    await page.reload()
    await standing('fresh').waitFor()
    await section().getByText(file()).waitFor()
    await section()
      .getByText(/What happened in the last \d+s would be lost/)
      .waitFor()
    await lone.inBothThemes('backup-fresh')
    await page.getByLabel('Search the settings').fill('restore')
    await page.getByLabel('Language of invitations').waitFor({ state: 'detached' })
    await standing('fresh').waitFor()
  })

  it('that are too old are said to be overdue', async () => {
    const owner = await openOwner({ dataDir: lone.hub.dataDir, databaseUrl: undefined, databaseOwnerUrl: undefined })
    await owner.sql`UPDATE hub_backups SET at = now() - interval '5 days'`
    await owner.close()
    await page.goto(`${lone.hub.url}/settings`)
    await standing('overdue').waitFor()
    await section()
      .getByText(/in the last 5d would be lost/)
      .waitFor()
    await lone.inBothThemes('backup-overdue')
  })

  it('are the business of who runs the hub alone', async () => {
    const { link } = await ok(api(lone.owner, 'POST', '/accounts/invitations', { email: 'bea@example.test', role: 'owner' }))
    const bea = createPerson(`https://127.0.0.1:${lone.hub.httpsPort}`)
    await ok(api(bea, 'POST', '/accounts/accept', { secret: String(link).split('#')[1], name: 'Bea', password: 'nine lamps along a quay' }))
    assert.equal((await api(bea, 'GET', '/backup')).status, 403)
    assert.equal((await api(bea, 'GET', '/backup?dir=%2F')).status, 400)
    assert.equal((await api(lone.owner, 'GET', '/backup')).status, 200)
    const at = await lone.open()
    await at.page.goto(lone.hub.url)
    await at.page.getByLabel('E-mail').fill('bea@example.test')
    await at.page.getByLabel('Password').fill('nine lamps along a quay')
    await at.page.getByRole('button', { name: 'Sign in' }).click()
    await at.page.getByRole('heading', { name: 'Overview' }).waitFor()
    await at.page.goto(`${lone.hub.url}/settings`)
    await at.page.getByLabel('Language of invitations').waitFor()
    assert.equal(await section(at.page).count(), 0)
    await at.context.close()
  })

  it('that failed say why; and a hub that was made of one is held, says so on every page, and what ends that', async () => {
    writeFileSync(join(dir, 'full'), '')
    await command(['restore', file(), '--passphrase-file', join(dir, 'passphrase')], join(dir, 'restored'))
    restored = await startHub({ env: { FAIRLEAD_DATA_DIR: join(dir, 'restored'), FAIRLEAD_BACKUP_DIR: join(dir, 'full/backups') } })
    there = await lone.open()
    await signIn(there.page, restored.url)
    await there.page.getByRole('link', { name: 'This hub is held' }).click()
    const box = there.page.getByRole('alert').filter({ hasText: 'This hub is held' })
    await box.getByText('It was restored from a backup.').waitFor()
    await box.getByText(/^The backup is of .* ago: what was done since is not in it/).waitFor()
    await box.getByRole('button', { name: 'Copy the command' }).click()
    assert.equal(await there.page.evaluate('navigator.clipboard.readText()'), 'fairlead-hub confirm')
    await section(there.page).getByText('the last try failed').waitFor()
    await section(there.page)
      .getByText(/ENOTDIR|EEXIST/)
      .waitFor()
    await section(there.page)
      .getByText(/^every 24 hours, into .*; the last 7 are kept$/)
      .waitFor()
    await lone.inBothThemes('backup-held', there.page)
    await there.page.setViewportSize(phone)
    await there.page.evaluate(`localStorage.setItem('language', 'fr')`)
    await there.page.reload()
    await there.page.getByRole('link', { name: 'Ce hub est retenu' }).waitFor()
    await there.page.getByText('la dernière tentative a échoué').waitFor()
    await lone.inBothThemes('backup-held-phone-fr', there.page)
    await there.page.setViewportSize(desktop)
    await there.page.evaluate(`localStorage.setItem('language', 'en')`)
    await there.page.reload()
    await box.waitFor()
  })

  it('confirmed on its machine it acts, and the page that stands open says so by itself; the next backup is fresh', async () => {
    await command(['confirm', '--yes'], join(dir, 'restored'))
    await there.page.getByText('This hub is held').first().waitFor({ state: 'detached' })
    const { rows } = JSON.parse(await there.page.evaluate<string>(`fetch('/api/v1/audit?filter=hub.confirm').then((a) => a.text())`)) as {
      rows: unknown[]
    }
    assert.equal(rows.length, 1)
    rmSync(join(dir, 'full'))
    await restored.restart('SIGTERM')
    await there.page.goto(`${restored.url}/settings`)
    await standing('fresh', there.page).waitFor()
    assert.equal(await there.page.getByRole('link', { name: 'This hub is held' }).count(), 0)
    await lone.inBothThemes('backup-by-itself', there.page)
    assert.deepEqual(lone.problems, [])
  })
})
