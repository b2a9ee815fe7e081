import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { openFakeEngine, type FakeEngine } from '../fakes/engine.ts'
import { openWorld, type World } from '../fakes/world.ts'
import { createPerson } from '../fleet/console.ts'
import type { AgentProcess, HubProcess } from '../fleet/programs.ts'
import { need } from '../need.ts'
import { overflowsSideways } from './browser.ts'
import { desktop, openBareStage, phone, type BareStage } from './observe.ts'

const password = 'four unrelated words'

/** `alpha` has a real engine, `beta` a made-up one that goes away, and then goes away itself. In the order a person meets them. */
describe('screens in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: BareStage
  let hub: HubProcess
  let world: World
  let fake: FakeEngine
  let page: Page
  let beta: AgentProcess
  const ids = { alpha: '', beta: '', web: '' }
  const dir = mkdtempSync('/var/tmp/fairlead-screens-')

  before(async () => {
    stage = await openBareStage()
    ;({ hub, page } = stage)
    await stage.engine.run('web', ['sleep', '100000'])
    world = openWorld([{ name: 'unit', image: 'example/unit:1', linesPerSecond: 0 }])
    fake = await openFakeEngine(join(dir, 'engine.sock'), world)
  })
  after(async () => {
    await stage?.stop()
    await fake?.close().catch(() => undefined)
    world?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  describe('sign-in', () => {
    it('says that the hub does not answer, and tries again when asked', async () => {
      await page.route('**/api/v1/welcome', (route) => route.abort())
      await page.goto(hub.url)
      await page.getByText('The console could not begin.').waitFor()
      await page.getByText('does not answer').waitFor()
      await seen('gate-silent')
      await page.unroute('**/api/v1/welcome')
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByLabel('First-run code').waitFor()
    })

    it('first run keeps what was typed when the code is wrong, in French and on a phone', async () => {
      await page.setViewportSize(phone)
      await page.getByRole('button', { name: 'Français' }).click()
      await page.getByLabel('Code de premier démarrage').fill('faux')
      await page.getByLabel('Votre nom').fill('Owner')
      await page.getByLabel('Organisation').fill('Example')
      await page.getByLabel('Adresse e-mail').fill('owner@example.test')
      await page.getByLabel('Mot de passe').fill(password)
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      await seen('gate-wrong-code')
      assert.equal(await page.getByLabel('Votre nom').inputValue(), 'Owner')
      await page.getByRole('button', { name: 'English' }).click()
      await page.setViewportSize(desktop)
      await page.getByLabel('First-run code').fill(hub.code)
      await page.keyboard.press('Enter')
      await page.getByText('No hosts yet').waitFor()
      await page.getByRole('button', { name: 'Make the line' }).waitFor()
      await seen('overview-first')
      // Signing in again takes a password alone here: what asks for more has tests of its own.
      const asked = { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ secondFactor: 'optional' }) }
      assert.equal(await page.evaluate(`fetch('/api/v1/factors/policy', ${JSON.stringify(asked)}).then(({ status }) => status)`), 200)
    })

    it('a wrong password is said, many make one wait, and the wait ends by itself', async () => {
      await signOut()
      await page.getByLabel('E-mail').fill('owner@example.test')
      for (let tries = 0; (await page.getByRole('button', { name: /^Wait \d+ s$/ }).count()) === 0; tries++) {
        assert.ok(tries < 12, 'nobody was made to wait')
        await page.getByLabel('Password').fill(`wrong ${tries} wrong wrong`)
        await page.keyboard.press('Enter')
        await page.getByRole('alert').waitFor()
        await page.getByRole('button', { name: /^(Sign in|Wait \d+ s)$/ }).waitFor()
      }
      await page.getByText('Too many wrong tries').waitFor()
      await seen('gate-waiting')
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
    })
  })

  describe('enrolment', () => {
    it('refuses an address nobody can dial, in words', async () => {
      await page.goto(`${hub.url}/hosts/enrol`)
      await page.getByLabel(/^Address under which/).fill('nonsense')
      await page.getByRole('button', { name: 'Make the line' }).click()
      await page.getByText('This is no address that an agent could dial.').waitFor()
      await seen('enrol-refused')
    })

    it('a line counts down, and can be canceled', async () => {
      await makeLine()
      await page.getByText(/for another 1[45]:\d\d/).waitFor()
      await seen('enrol-waiting')
      await page.getByRole('button', { name: 'Cancel the line' }).click()
      await page.getByText('The line was canceled').waitFor()
      assert.equal(await page.getByRole('button', { name: 'Copy the line' }).count(), 0)
    })

    it('a line whose time is over says so', async () => {
      // A context of its own: its clock is set for all pages of it.
      const later = await stage.openPage(
        await stage.browser.newContext({ locale: 'en-GB', storageState: await stage.context.storageState() }),
      )
      await later.clock.install()
      await later.goto(`${hub.url}/hosts/enrol`)
      await later.getByLabel(/^Address under which/).fill(`https://127.0.0.1:${hub.httpsPort}`)
      await later.getByRole('button', { name: 'Make the line' }).click()
      await later.getByText(/for another/).waitFor()
      await later.clock.fastForward('16:00')
      await later.getByText('The line has expired').waitFor()
      await later.context().close()
    })

    it('shows a host arriving, step by step, and that the line is spent', async () => {
      await stage.join(await makeLine('prod'), 'alpha')
      await page.getByRole('link', { name: 'Enrolled as alpha.' }).waitFor()
      await page.getByText('The line has been used').waitFor()
      for (const step of ['Way to the hub', 'Key of the host', 'Clock'])
        await page.locator('.checklist li', { hasText: step }).getByText('ok').waitFor()
      await seen('enrol-used')
      await page.getByRole('link', { name: 'Enrolled as alpha.' }).click()
      await page.getByRole('heading', { name: 'alpha' }).waitFor()
      ids.alpha = new URL(page.url()).pathname.split('/')[2]!
      beta = await stage.join(await makeLine(), 'beta', fake.socket)
      await page.getByRole('link', { name: 'Enrolled as beta.' }).click()
      await page.getByRole('heading', { name: 'beta' }).waitFor()
      ids.beta = new URL(page.url()).pathname.split('/')[2]!
    })
  })

  describe('a fleet that is well', () => {
    it('is said to be in one line', async () => {
      await page.goto(hub.url)
      await page.getByText('Hosts are well: 2 hosts online, 2 containers running.').waitFor()
      await page.locator('.card', { hasText: 'alpha' }).getByText('1 container').waitFor()
      await seen('overview-well')
    })

    it('hosts are filtered and sorted in the address, and opened by keys', async () => {
      await page.goto(`${hub.url}/hosts`)
      await page.getByRole('link', { name: 'alpha' }).waitFor()
      await page.getByRole('button', { name: /^Name/ }).click()
      await page.getByRole('button', { name: /^Name/ }).click()
      await page.waitForURL(/sort=-name/)
      await page.locator('[aria-rowindex="2"]', { hasText: 'beta' }).waitFor()
      await page.keyboard.press('/')
      await page.keyboard.type('tag:prod ')
      await page.getByText('1 of 2 hosts').waitFor()
      await page.keyboard.type('colour:red ')
      await page.getByText('There is no field "colour" here.').waitFor()
      await page.getByText('No host fits this filter.').waitFor()
      await seen('hosts-none')
      await page.getByRole('button', { name: 'Clear the filter' }).click()
      await page.getByText('2 of 2 hosts · 2 online').waitFor()
      await page.keyboard.press('j')
      await page.locator('.grid-row.current', { hasText: 'beta' }).waitFor()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'beta' }).waitFor()
      for (const tab of ['Containers', 'Metrics', 'Events']) {
        await page.keyboard.press(']')
        await page.locator('.tabs a.active', { hasText: tab }).waitFor()
      }
      await page.keyboard.press('[')
      await page.locator('.tabs a.active', { hasText: 'Metrics' }).waitFor()
    })

    it('figures of a host are drawn, over the time chosen in the address, and read as a table', async () => {
      await page.goto(`${hub.url}/hosts/${ids.alpha}/metrics`)
      const cpu = page.locator('.chart', { hasText: 'CPU, cores' })
      await cpu.locator('canvas').waitFor()
      await cpu.locator('.key strong', { hasText: /\d/ }).waitFor()
      await page.getByRole('button', { name: '14 d' }).click()
      await page.waitForURL(/range=14d/)
      await page.getByText('One point stands for').waitFor()
      await page.reload()
      assert.equal(await page.getByRole('button', { name: '14 d' }).getAttribute('aria-pressed'), 'true')
      await page.getByRole('button', { name: 'As a table' }).click()
      // Days of which nothing is known are gaps in words, never nought.
      await page.locator('.table.tall tbody tr', { hasText: 'gap' }).last().waitFor()
      await seen('metrics-table')
    })

    it('a container says what it uses, stops, and comes back by Undo', async () => {
      await page.goto(`${hub.url}/containers?filter=name:web`)
      await page.getByRole('link', { name: 'web', exact: true }).click()
      await page.getByRole('heading', { name: 'web' }).waitFor()
      ids.web = new URL(page.url()).pathname.split('/')[3]!
      await page.getByRole('link', { name: 'Stats' }).click()
      await page
        .locator('.tiles dd', { hasText: /\d+ (KiB|MiB)/ })
        .first()
        .waitFor()
      await page.locator('.chart canvas').first().waitFor({ timeout: 30_000 })
      await seen('container-stats')
      await page.getByRole('link', { name: 'Inspect' }).click()
      await page.locator('.document', { hasText: ids.web }).waitFor()
      await page.getByRole('button', { name: 'Stop' }).click()
      await page.getByText('Stop web: done').waitFor({ timeout: 30_000 })
      await page.locator('.head', { hasText: 'exited' }).waitFor()
      await page.getByRole('link', { name: 'Stats' }).click()
      await page.getByText('It does not run').waitFor()
      await page.getByRole('button', { name: 'Undo' }).click()
      await page.locator('.head', { hasText: 'running' }).waitFor()
    })

    it('activity tells each change once, is filtered, and checks its chain', async () => {
      await page.goto(`${hub.url}/activity?filter=container.stop`)
      await page.getByText('1 change', { exact: true }).waitFor()
      await page.locator('.trail', { hasText: 'done' }).waitFor()
      await seen('activity')
      await page.getByLabel(/^Filter: what/).fill('nothing-like-it')
      await page.getByText('Nothing that was done fits').waitFor()
      await page.getByRole('button', { name: 'Clear the filter' }).click()
      await page.getByRole('button', { name: 'Check the chain' }).click()
      await page.getByText(/The chain of \d+ rows is whole/).waitFor()
    })

    it('the palette goes to pages, hosts and tags, and does things', async () => {
      for (const [typed, option, url] of [
        ['activ', /^Activity page/, /\/activity/],
        ['@bet', /beta/, /\/hosts\//],
        ['#pro', /#prod/, /filter=tag/],
        ['>enrol', /Enrol a host/, /\/hosts\/enrol/],
      ] as const) {
        await page.keyboard.press('Control+k')
        await page.keyboard.type(typed)
        await page.locator('.palette').getByRole('option', { name: option }).waitFor()
        if (typed === '@bet') await seen('palette')
        await page.keyboard.press('Enter')
        await page.waitForURL(url)
      }
    })
  })

  describe('states of every screen', () => {
    it('a page that waits shows its outline, in the size of what will come', async () => {
      const waiting = await stage.context.newPage()
      await waiting.routeWebSocket(/\/api\/session/, () => undefined)
      for (const path of ['/', '/hosts', '/containers', '/activity', `/hosts/${ids.alpha}`]) {
        await waiting.goto(hub.url + path)
        await waiting.locator('main .skeleton').first().waitFor()
      }
      await waiting.close()
    })

    it('what is not there says so and leads back', async () => {
      await page.goto(`${hub.url}/hosts/no-such-host`)
      await page.getByText('There is no host "no-such-host"').waitFor()
      await page.goto(`${hub.url}/containers/${ids.alpha}/0000000000`)
      await page.getByText('This container is not there any more.').waitFor()
      await page.goto(`${hub.url}/no/such/page`)
      await page.getByText('There is no such page.').waitFor()
    })

    it('whoever may only look sees no way to enrol, and every action with its reason', async () => {
      const me = `${hub.url}/api/v1/me`
      const mine = JSON.parse(await page.evaluate<string>(`fetch('/api/v1/me').then((answer) => answer.text())`)) as {
        permissions: string[]
      }
      const kept = mine.permissions.filter((one) => /:(read|inspect|logs)$/.test(one) && one !== 'audit:read')
      await page.route(me, (route) => route.fulfill({ json: { ...mine, permissions: kept } }))
      await page.goto(`${hub.url}/hosts`)
      await page.getByRole('link', { name: 'alpha' }).waitFor()
      assert.equal(await page.getByRole('link', { name: 'Enrol a host' }).count(), 0)
      for (const [path, permission] of [
        ['/hosts/enrol', 'hosts:enrol'],
        [`/hosts/${ids.alpha}/settings`, 'hosts:manage'],
        ['/activity', 'audit:read'],
      ] as const) {
        await page.goto(hub.url + path)
        await page.getByText('Your role may not see or change this.').waitFor()
        await page.getByText(permission).waitFor()
      }
      await seen('denied')
      await page.goto(`${hub.url}/containers/${ids.alpha}/${ids.web}`)
      await page.getByText('Your role may look, but not start, stop or remove.').waitFor()
      assert.equal(await page.getByRole('button', { name: 'Remove' }).isDisabled(), true)
      await page.unroute(me)
    })

    it('a host whose engine is down is up, says what is wrong and what to type there', async () => {
      await page.goto(`${hub.url}/hosts/${ids.beta}`)
      await page.getByText('API ').waitFor()
      await fake.close()
      await page.getByText('The host is up, its engine is down.').waitFor({ timeout: 60_000 })
      await page.getByText('systemctl status docker').waitFor()
      await seen('engine-down')
      await page.goto(hub.url)
      await page.locator('.attention', { hasText: 'engine down' }).waitFor()
    })

    it('a host that is gone stays readable, marked with its age', async () => {
      await beta.stop()
      await page.goto(`${hub.url}/hosts/${ids.beta}`)
      await page.getByText(/Offline since/).waitFor()
      await page.getByText('When last seen').waitFor()
      await page.getByText('journalctl -u fairlead-agent').waitFor()
      await seen('host-offline')
      await page.getByRole('link', { name: 'Metrics' }).click()
      await page.getByText(/Host beta is offline: the figures end/).waitFor()
      await page.getByRole('link', { name: 'Events' }).click()
      await page.getByText('its events are on it').waitFor()
      await page.goto(hub.url)
      await page.locator('.attention', { hasText: 'offline' }).waitFor()
      await seen('overview-attention')
    })

    it('every screen holds in both themes, both languages and on a phone, and broke nothing', async () => {
      const host = `/hosts/${ids.alpha}`
      const container = `/containers/${ids.alpha}/${ids.web}`
      const paths = ['/', '/hosts', '/hosts/enrol', host, `${host}/metrics`, `${host}/containers`, `${host}/events`, `${host}/settings`]
      paths.push(`${host}/agent`, '/updates', '/containers', container, `${container}/stats`, `${container}/inspect`, '/activity')
      for (const [theme, language, size] of [
        ['dark', 'en', desktop],
        ['light', 'fr', desktop],
        ['dark', 'fr', phone],
      ] as const) {
        await page.setViewportSize(size)
        await page.evaluate(`localStorage.setItem('theme', '${theme}'); localStorage.setItem('language', '${language}')`)
        for (const path of paths) {
          await page.goto(hub.url + path)
          await page.locator('.rail').waitFor()
          await page.locator('main h1').waitFor()
          await page.locator('main .skeleton').first().waitFor({ state: 'detached' })
          await seen(
            `every-${theme}-${language}-${size.width}-${path.replaceAll(ids.web, 'web').replaceAll(ids.alpha, 'alpha').replaceAll('/', '_')}`,
          )
          assert.equal(await page.locator('html').getAttribute('lang'), language)
          assert.equal(await overflowsSideways(page), false, `${path} scrolls sideways`)
          // Only what is inside scrolls: what nobody sees made the page twice as long as its window.
          assert.equal(
            await page.evaluate('document.documentElement.scrollHeight <= innerHeight'),
            true,
            `${path} is longer than its window`,
          )
        }
      }
      await page.setViewportSize(desktop)
      await page.evaluate('localStorage.clear()')
    })
  })

  describe('the link', () => {
    it('lost for long is said, with the age of what is shown; what is shown stays, and comes back without a reload', async () => {
      await page.goto(`${hub.url}/hosts`)
      await page.getByRole('link', { name: 'alpha' }).waitFor()
      await page.evaluate('globalThis.sameDocument = true')
      await hub.end('SIGKILL')
      await page.waitForTimeout(1000)
      assert.equal(await page.locator('.banner').count(), 0, 'a short loss is worth no word')
      await page.getByText(/Reconnecting, data from \d\d:\d\d:\d\d/).waitFor()
      await page.getByRole('link', { name: 'alpha' }).waitFor()
      await page.getByRole('button', { name: 'Try now' }).waitFor({ timeout: 30_000 })
      await seen('banner')
      await hub.again()
      await page
        .getByRole('button', { name: 'Try now' })
        .click({ timeout: 5000 })
        .catch(() => undefined)
      await page.locator('.banner').waitFor({ state: 'detached', timeout: 30_000 })
      assert.equal(await page.evaluate('globalThis.sameDocument'), true, 'the page was loaded anew')
    })

    it('a sign-in that is over says so and comes back to the same address', async () => {
      await page.goto(`${hub.url}/hosts?filter=tag:prod`)
      await page.getByText('1 of 2 hosts').waitFor()
      const person = createPerson(`https://127.0.0.1:${hub.httpsPort}`)
      const cookies = await stage.context.cookies(hub.url)
      person.cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
      assert.equal((await person.ask('DELETE', '/api/v1/logins/current')).status, 200)
      await page.getByText('Your sign-in has ended.').waitFor({ timeout: 30_000 })
      await seen('gate-ended')
      await page.getByLabel('E-mail').fill('owner@example.test')
      await page.getByLabel('Password').fill(password)
      await page.keyboard.press('Enter')
      await page.getByText('1 of 2 hosts').waitFor()
    })
  })

  it('nothing was thrown, all the way', () => {
    assert.deepEqual(stage.problems, [])
  })

  async function signOut(): Promise<void> {
    await page.getByRole('button', { name: 'Owner' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  }
  /** Makes a line in the wizard; answers what an agent joins with. */
  async function makeLine(tags = ''): Promise<string> {
    await page.goto(`${hub.url}/hosts/enrol`)
    await page.getByLabel(/^Address under which/).fill(`https://127.0.0.1:${hub.httpsPort}`)
    await page.getByLabel('Tags').fill(tags)
    await page.getByRole('button', { name: 'Make the line' }).click()
    const line = (await page.locator('.line-box').textContent()) ?? ''
    return /'(flj1\.[^']+)'/.exec(line)![1]!
  }
  /** No barrier that a machine can find; and a picture, when pictures are wanted. */
  async function seen(name: string): Promise<void> {
    await stage.barriers(name)
    await stage.snap(`screens-${name}`)
  }
})
