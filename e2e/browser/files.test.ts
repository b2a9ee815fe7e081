import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { removeLock, writeLock } from '@fairlead/agent/policy/lock.ts'
import { api, invite } from '../fleet/console.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { openLone, type Lone } from './lone.ts'
import { desktop, phone } from './observe.ts'

// The host says which of its folders are shown; the console goes about in them, and says what is in the way.
describe('files of a host, in the console', need('chromium'), () => {
  let dir: string
  let lone: Lone
  let agent: AgentProcess
  const root = () => join(dir, 'srv')
  const policy = (rules: object) => {
    writeFileSync(join(dir, 'new'), JSON.stringify(rules), { mode: 0o600 })
    renameSync(join(dir, 'new'), join(dir, 'etc/policy.json'))
  }
  const go = () => lone.page.goto(`${lone.hub.url}/hosts/alpha/files`)

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-files-')
    mkdirSync(join(dir, 'etc'), { mode: 0o700 })
    mkdirSync(join(root(), 'sites/inner'), { recursive: true })
    mkdirSync(join(root(), 'many'))
    for (let n = 0; n < 205; n++) writeFileSync(join(root(), `many/${String(n).padStart(3, '0')}`), '')
    mkdirSync(join(root(), 'nothing'))
    writeFileSync(join(root(), 'notes.txt'), 'first line\n<img src=x onerror=alert(1)> \u202Eturned\n')
    writeFileSync(join(root(), 'program'), Buffer.of(0x7f, 0x45, 0, 0, 1))
    writeFileSync(join(root(), 'long.log'), 'x'.repeat(2 * 1024 * 1024))
    writeFileSync(join(root(), 'evil\n\u202Etxt.exe'), '')
    symlinkSync('/etc/shadow', join(root(), 'link'))
    lone = await openLone()
    agent = await startAgent(await invite(lone.owner, `https://127.0.0.1:${lone.hub.httpsPort}`), '/nowhere.sock', {
      name: 'alpha',
      env: { FAIRLEAD_POLICY: join(dir, 'etc/policy.json') },
    })
    await until(async () => (await api(lone.owner, 'GET', '/hosts')).text.includes('"online":true'))
  })
  after(async () => {
    await lone?.stop()
    await agent?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('are none as long as the host names no folder, and its page says what to write there', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/hosts/alpha`)
    await page.getByRole('link', { name: 'Files' }).click()
    await page.getByText('This host gives none of its files away.').waitFor()
    await page.getByText('{ "files": { "read": ["/srv"] } }').waitFor()
    await page.getByText('a hub can take away from it and never add').waitFor()
    await lone.inBothThemes('files-none')
    policy(JSON.parse('{ "files": { "read": ["/srv"] } }') as object)
    policy({ files: { read: [root(), '/var/log'] } })
    await page.reload()
    await page.getByText('Folders that the policy of this host lets its hub read').waitFor()
    await lone.inBothThemes('files-roots')
  })

  it('are listed, gone into and back by keys alone', async () => {
    const { page } = lone
    await page.getByRole('link', { name: root() }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('row', { name: /notes\.txt.*root:root.*-rw-r--r--/ }).waitFor()
    await page.getByRole('row', { name: /link to \/etc\/shadow; it is not followed/ }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'link', exact: true }).count(), 0)
    await page.getByRole('button', { name: 'evil‹U+000A›‹U+202E›txt.exe' }).waitFor()
    await lone.inBothThemes('files')
    await page.getByRole('link', { name: 'sites/' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'inner/' }).click()
    await page.getByText('This folder is empty.').waitFor()
    await lone.inBothThemes('files-empty')
    await page.goBack()
    await page.getByRole('link', { name: 'inner/' }).waitFor()
    await page.getByRole('navigation', { name: 'Where you are' }).getByRole('link', { name: root() }).click()
    await page.getByRole('link', { name: 'many/' }).click()
    await page.getByText('200 of 205').waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByText('205 of 205').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0)
    await page.getByRole('link', { name: 'All folders' }).click()
    await page.getByRole('link', { name: '/var/log' }).waitFor()
  })

  it('are looked at as text alone, and saved whole', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/hosts/alpha/files?path=${encodeURIComponent(root())}`)
    await page.getByRole('button', { name: 'notes.txt' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'notes.txt' })
    await dialog.getByText('<img src=x onerror=alert(1)> ‹U+202E›turned').waitFor()
    assert.equal(await dialog.locator('img').count(), 0)
    await lone.inBothThemes('files-text')
    const [file] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: 'Save the whole file' }).click()])
    assert.equal(file.suggestedFilename(), 'notes.txt')
    assert.ok(readFileSync(await file.path()).equals(readFileSync(join(root(), 'notes.txt'))))
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'program' }).click()
    await page.getByText('This is not text, so it is not shown.').waitFor()
    await lone.inBothThemes('files-binary')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'long.log' }).click()
    await page.getByText('The first 1 MiB of 2 MiB.').waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'long.log')
    const { text } = await api(lone.owner, 'GET', '/audit?filter=file.read')
    assert.ok(text.includes(join(root(), 'long.log')) && !text.includes('turned'))
  })

  it('hold on a phone, in French', async () => {
    const { page } = lone
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.setViewportSize(phone)
    await page.reload()
    await page.getByText(/^lien vers \/etc\/shadow/).waitFor()
    await lone.inBothThemes('files-phone-fr')
    await page.getByRole('button', { name: 'notes.txt' }).click()
    await page.getByRole('link', { name: /^Enregistrer tout le fichier/ }).waitFor()
    await lone.inBothThemes('files-text-phone-fr')
    await page.keyboard.press('Escape')
    // What the host itself says against it.
    await page.goto(`${lone.hub.url}/hosts/alpha/files?path=${encodeURIComponent('/etc')}`)
    await page.getByText(/Cet hôte ne laisse pas son hub le faire \(.*cela n’est dans aucun dossier de files\.read/).waitFor()
    await lone.inBothThemes('files-refused-phone-fr')
    // And what the hub says against a field.
    await page.goto(`${lone.hub.url}/profile`)
    await page.getByLabel('Mot de passe actuel').fill('not the one of before')
    await page.getByLabel('Nouveau mot de passe').fill('four other unrelated words')
    await page.getByRole('button', { name: 'Changer le mot de passe' }).click()
    await page.getByRole('alert').getByText('Le mot de passe est faux.').waitFor()
    assert.equal(await page.evaluate('document.activeElement.name'), 'current')
    await page.reload()
    await page.evaluate(`localStorage.setItem('language', 'en')`)
    await page.setViewportSize(desktop)
  })

  it('say what is in the way: another folder, a file that went, a denial, a lock, an offline host', async () => {
    const { page } = lone
    await page.goto(`${lone.hub.url}/hosts/alpha/files?path=${encodeURIComponent('/etc')}`)
    await page.getByText(/lies in no folder of files\.read in its policy/).waitFor()
    await page.getByRole('link', { name: 'All folders' }).click()
    await page.getByRole('link', { name: root() }).click()
    await page.getByRole('button', { name: 'long.log' }).waitFor()
    rmSync(join(root(), 'long.log'))
    await page.getByRole('button', { name: 'long.log' }).click()
    await page.getByRole('dialog').getByText('There is nothing at this path on the host').waitFor()
    await lone.inBothThemes('files-gone')
    await page.keyboard.press('Escape')
    policy({ files: { read: [root()] }, deny: ['files.read'] })
    await go()
    await page.getByText('The policy of this host denies its hub to read files.').waitFor()
    policy({ files: { read: [root()] } })
    writeLock(agent.stateDir, { forMs: undefined, reason: 'test', by: 'root' })
    await go()
    await page.getByText('Somebody on the host locked it').waitFor()
    await page.getByText('sudo fairlead-agent unlock').waitFor()
    await lone.inBothThemes('files-locked')
    removeLock(agent.stateDir)
    await go()
    await page.getByRole('button', { name: 'notes.txt' }).waitFor()
    assert.deepEqual(lone.problems, [])
    agent.process.kill('SIGKILL')
    await page.getByText('A host shows its files while it is online.').waitFor({ timeout: 60_000 })
  })
})
