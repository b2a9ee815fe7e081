import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { HubProcess } from '../fleet/programs.ts'
import { need } from '../need.ts'
import { openBareStage, phone, type BareStage } from './observe.ts'

describe('the console in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: BareStage
  let hub: HubProcess
  let page: Page
  const snap = (name: string) => stage.snap(name)
  const clean = () => stage.barriers()

  before(async () => {
    stage = await openBareStage()
    ;({ hub, page } = stage)
    await stage.engine.run('web', [
      'sh',
      '-c',
      'echo hello from web; i=0; while true; do i=$((i+1)); echo "level=info tick=$i"; sleep 1; done',
    ])
    await stage.engine.run('nasty', ['sh', '-c', 'printf "\\033]0;owned\\007<img src=x onerror=alert(1)>\\n"; sleep 1000'])
  })
  after(() => stage?.stop())

  it('first run: a wrong code is refused in words, the right one makes the owner', async () => {
    await page.goto(hub.url)
    await page.getByLabel('First-run code').fill('wrong-code')
    await page.getByLabel('Your name').fill('Owner')
    await page.getByLabel('Organization').fill('Example')
    await page.getByLabel('E-mail').fill('owner@example.test')
    await page.getByLabel('Password').fill('four unrelated words')
    await snap('setup')
    await clean()
    await page.getByRole('button', { name: 'Become the owner' }).click()
    await page.getByText('This is not the code').waitFor()
    await page.getByLabel('First-run code').fill(hub.code)
    await page.getByLabel('Password').fill('passwordpassword')
    await page.getByRole('button', { name: 'Become the owner' }).click()
    await page.getByText('This password is one of the first').waitFor()
    // The code was right: it is not what is to be typed anew.
    assert.equal(await page.evaluate('document.activeElement.name'), 'password')
    await page.getByLabel('Password').fill('four unrelated words')
    await page.getByRole('button', { name: 'Become the owner' }).click()
    await page.getByText('No hosts yet').first().waitFor()
    await snap('overview-empty')
    await clean()
  })

  // The sign-in page was there for a moment at each load, and asked a passkey that was ready for another login.
  it('whoever is signed in is shown no way in while their page loads', async () => {
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    await page.route('**/api/v1/me', async (route) => {
      asked.resolve()
      await answer.promise
      await route.continue()
    })
    const welcomed = page.waitForResponse('**/api/v1/welcome')
    await page.goto(hub.url, { waitUntil: 'commit' })
    await Promise.all([asked.promise, welcomed])
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    assert.equal(await page.locator('.gate').count(), 0)
    answer.resolve()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.unroute('**/api/v1/me')
  })

  it('the wizard makes a line, and shows the host arriving', async () => {
    await page.goto(`${hub.url}/hosts/enrol`)
    await page.locator('input[name=address]').fill(`https://127.0.0.1:${hub.httpsPort}`)
    await page.getByRole('button', { name: 'Make the line' }).click()
    const line = (await page.locator('.line-box').textContent()) ?? ''
    assert.match(line, /sha256sum -c/)
    await stage.join(/'(flj1\.[^']+)'/.exec(line)![1]!, 'alpha')
    await page.getByText('Enrolled as alpha').waitFor()
    await snap('enrol')
    await clean()
  })

  it('containers of all hosts are listed live, filtered, and reached by keys', async () => {
    await page.goto(`${hub.url}/containers`)
    await page.getByRole('link', { name: 'web', exact: true }).waitFor()
    await snap('containers')
    await clean()
    await page.keyboard.press('/')
    await page.keyboard.type('name:nothing-like-it')
    await page.getByText('Nothing fits this filter').waitFor()
    await snap('containers-none')
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.getByRole('link', { name: 'web', exact: true }).waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('web')
    await page.locator('.palette [role=option]').filter({ hasText: 'web' }).first().waitFor()
    await snap('palette')
    await page.keyboard.press('Escape')
    // Whoever types faster than the hub answers gets what they typed all the same, a host or a container.
    await page.keyboard.press('Control+k')
    await page.keyboard.type('alpha')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'alpha' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('web')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'web' }).waitFor()
    await snap('container')
    await clean()
  })

  it('a log follows, filters, and shows what others wrote as text only [security 89]', async () => {
    await page.locator('main').getByRole('link', { name: 'Logs', exact: true }).click()
    await page.getByText('hello from web').waitFor()
    await page.getByText('tick=3').first().waitFor()
    await snap('logs')
    await clean()
    await page.getByPlaceholder(/Filter: text/).fill('hello -tick')
    await page.getByText('1 line', { exact: true }).waitFor()
    await page.goto(`${hub.url}/containers?filter=name:nasty`)
    await page.getByRole('link', { name: 'nasty' }).click()
    await page.locator('main').getByRole('link', { name: 'Logs', exact: true }).click()
    await page.getByText('<img src=x onerror=alert(1)>').waitFor()
    assert.equal(await page.locator('main img').count(), 0)
    assert.equal(await page.title(), 'Fairlead')
  })

  it('a terminal takes keys, and a reload finds it as it was', async () => {
    await page.goto(`${hub.url}/containers?filter=name:web`)
    await page.getByRole('link', { name: 'web', exact: true }).click()
    await page.getByRole('link', { name: 'Terminal', exact: true }).click()
    await page.locator('.xterm-helper-textarea').focus()
    await page.keyboard.type('echo $((40+2))\n')
    await page.locator('.xterm-rows', { hasText: '42' }).waitFor()
    await snap('terminal')
    await page.reload()
    await page.locator('.xterm-rows', { hasText: '42' }).waitFor()
  })

  it('stopping and starting takes one click and says so', async () => {
    await page.goto(`${hub.url}/containers?filter=name:nasty`)
    await page.getByRole('link', { name: 'nasty' }).click()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Pause nasty: done').waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Resume nasty: done').waitFor()
  })

  it('hosts, a host, activity and overview hold in French, in the dark, and on a phone', async () => {
    for (const [name, path] of [
      ['hosts', '/hosts'],
      ['overview', '/'],
      ['activity', '/activity'],
    ] as const) {
      await page.goto(hub.url + path)
      await page.locator('main table, main .card, main [role=row]').first().waitFor()
      await snap(name)
      await clean()
    }
    await page.getByRole('button', { name: 'Owner' }).click()
    await page.getByRole('menuitemradio', { name: 'Français' }).click()
    await page.evaluate(
      () =>
        ((globalThis as unknown as { document: { documentElement: { dataset: Record<string, string> } } }).document.documentElement.dataset[
          'theme'
        ] = 'dark'),
    )
    await page.getByText('Activité').first().waitFor()
    await snap('activity-fr-dark')
    await clean()
    await page.setViewportSize(phone)
    for (const path of ['/', '/hosts', '/containers', '/activity']) {
      await page.goto(hub.url + path)
      await page.locator('main table, main .card, main [role=row]').first().waitFor()
      await snap(`phone${path.replaceAll('/', '-')}`)
      assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${path} scrolls sideways`)
    }
  })

  it('says why this address cannot hold a sign-in, and names one that can', async () => {
    const other = await stage.browser.newPage({ locale: 'en-GB' })
    const welcome = { firstRun: false, version: '1', secure: false, insecureReason: 'This page came over plain HTTP.' }
    await other.route('**/api/v1/welcome', (route) => route.fulfill({ json: { ...welcome, secureUrl: 'https://192.0.2.1:8443' } }))
    await other.goto(hub.url)
    await other.getByText('This page came over plain HTTP.').waitFor()
    await other.getByRole('link', { name: 'https://192.0.2.1:8443' }).waitFor()
    await other.close()
  })

  it('is in the language of the browser at once, and in English where French cannot be fetched', async () => {
    const context = await stage.browser.newContext({ locale: 'fr-FR' })
    const french = await stage.openPage(context)
    await french.goto(hub.url)
    await french.getByLabel('Mot de passe').waitFor()
    assert.equal(await french.evaluate('document.documentElement.lang'), 'fr')
    const cut = await stage.openPage(context)
    await cut.route('**/assets/fr-*.js', (route) => route.abort())
    await cut.goto(hub.url)
    await cut.getByLabel('Password').waitFor()
    await context.close()
  })

  it('broke no rule of the content policy and threw nothing, all the way [security 88]', () => {
    assert.deepEqual(stage.problems, [])
  })
})
