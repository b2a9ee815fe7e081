import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

const sh = (text: string): string[] => ['sh', '-c', text]
const counts = (pause: number) => sh(`i=0; while true; do i=$((i+1)); echo "tick $i of $(hostname)"; sleep ${pause}; done`)

/** The pane of the log view: what moves it, what is cut in it, in which order its lines stand. */
describe('the pane of a log in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  before(async () => {
    stage = await openStage()
    await stage.enrol('alpha')
    await stage.engine.run('red', counts(0.1))
    await stage.engine.run('blue', counts(0.1))
    await stage.engine.run('long', sh('yes 0123456789 | head -c 22000 | tr -d "\\n"; echo; sleep 100000'))
  })
  after(() => stage?.stop())

  const log = () => stage.page.getByRole('log')
  const following = async () => (await stage.page.locator('.follow').getAttribute('aria-pressed')) === 'true'
  const open = async (query: string) => {
    await stage.page.goto(`${stage.hub.url}/logs?${query}`)
    await log().locator('.line').first().waitFor()
  }
  /** Whether the last line that came is in sight, a little later. */
  const atEnd = () =>
    log().evaluate((pane) => {
      const { scrollTop, clientHeight, scrollHeight } = pane as unknown as { scrollTop: number; clientHeight: number; scrollHeight: number }
      return scrollTop + clientHeight >= scrollHeight - 40
    })

  it('no resize, no wrapping and no zoom ends following; the reader’s own scrolling does', async () => {
    await open('of=name:red+name:blue')
    await until(async () => (await log().locator('.line').count()) > 30)
    assert.equal(await following(), true)
    for (let round = 0; round < 3; round++)
      for (const size of [{ width: 1000, height: 500 }, { width: 1900, height: 1300 }, { width: 700, height: 900 }, desktop]) {
        await stage.page.setViewportSize(size)
        await stage.page.waitForTimeout(60)
        assert.equal(await following(), true, `at ${size.width} x ${size.height}`)
      }
    for (const zoom of ['1.5', '0.67', '1']) {
      await stage.page.evaluate(`document.documentElement.style.zoom = '${zoom}'`)
      await stage.page.waitForTimeout(150)
      assert.equal(await following(), true, `zoomed to ${zoom}`)
    }
    for (let turn = 0; turn < 4; turn++) {
      await stage.page.getByRole('button', { name: 'Wrap' }).click()
      await stage.page.waitForTimeout(150)
      assert.equal(await following(), true, 'wrapped')
    }
    await until(atEnd)
    await log().hover()
    await stage.page.mouse.wheel(0, -400)
    await until(async () => !(await following()))
  })

  it('a line too long to draw says how much is missing, and is had whole', async () => {
    await open('of=name:long')
    const chip = log().getByRole('button', { name: '3,616 more characters' })
    await chip.waitFor()
    const [download] = await Promise.all([stage.page.waitForEvent('download'), chip.click()])
    assert.match(download.suggestedFilename(), /^long\.\d{8}T\d{6}Z\.txt$/)
    assert.equal(readFileSync(await download.path(), 'utf8'), `${'0123456789'.repeat(2000)}\n`)
    await stage.page.keyboard.press('j')
    await stage.page.locator('.line-bar').getByText('The first 16,384 of').waitFor()
    await stage.page.locator('.line-bar').getByRole('button', { name: 'Download line' }).waitFor()
    await stage.clean()
    await stage.snap('log-view-long')
    await stage.page.setViewportSize(phone)
    await chip.waitFor()
    await stage.clean()
    await stage.snap('log-view-long-phone')
    await stage.page.setViewportSize(desktop)
  })

  it('lines written while the hub was away stand in order by time, those of two containers among each other', async () => {
    await open('of=name:red+name:blue')
    await until(async () => (await log().locator('.line').count()) > 20)
    await stage.hub.end('SIGKILL')
    const goneMs = Date.now()
    await stage.page.waitForTimeout(4000)
    const againMs = Date.now()
    await stage.hub.again()
    const newest = async () => (await log().locator('.line:not(.ours) time').last().getAttribute('title')) ?? ''
    await until(async () => (await newest()) > new Date(againMs + 2000).toISOString())
    await stage.page.waitForTimeout(1000)
    const [download] = await Promise.all([
      stage.page.waitForEvent('download'),
      (async () => {
        await stage.page.getByRole('button', { name: 'Download' }).click()
        await stage.page.getByRole('menuitem', { name: 'What is in view, as NDJSON' }).click()
      })(),
    ])
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { timeMs: number; stream: string; text: string })
    const at = (words: string) => lines.findIndex(({ stream, text }) => stream === 'notice' && text.includes(words))
    const meanwhile = lines.findIndex(({ timeMs, stream }) => stream === 'stdout' && timeMs > goneMs + 1000 && timeMs < againMs)
    assert.ok(meanwhile >= 0)
    // Whichever of the two is back first: a host that is there again before the console asks goes on without a loss to speak of.
    const places = at('is lost') < 0 ? [at('nothing of'), meanwhile] : [at('is lost'), meanwhile, at('nothing of')]
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      'what was written meanwhile stands between the notices',
    )
    const late = lines.filter(({ timeMs }, i) => i > 0 && timeMs < lines[i - 1]!.timeMs)
    assert.deepEqual(late, [])
    await stage.clean()
  })

  it('threw nothing and broke no rule of the content policy', () => assert.deepEqual(stage.problems, []))
})
