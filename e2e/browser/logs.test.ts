import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { Download, Locator } from 'playwright-core'
import type { AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'
import { goByKeys } from './browser.ts'

const sh = (text: string): string[] => ['sh', '-c', text]
const talks = (json: boolean) =>
  sh(
    `i=0; while true; do i=$((i+1)); ${json ? 'echo "{\\"level\\":\\"info\\",\\"msg\\":\\"order $i\\",\\"ms\\":$((i*7%100)),\\"user\\":{\\"name\\":\\"ada $((i%3))\\"}}"' : 'echo "level=info tick=$i msg=\\"served\\""; [ $((i%5)) = 0 ] && echo "ERROR upstream $i refused" >&2'}; sleep 0.2; done`,
  )

describe('the logs workspace in a browser', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let alpha: AgentProcess
  before(async () => {
    stage = await openStage()
    alpha = await stage.enrol('alpha')
    await stage.enrol('beta')
    await stage.engine.run('web', talks(false))
    await stage.engine.run('api', talks(true))
    await stage.engine.run('quiet', sh('sleep 100000'))
    await stage.engine.run('job', sh('echo starting; sleep 1; exit 3'))
    await stage.engine.run(
      'nasty',
      sh(
        'printf "\\033]0;owned\\007<img src=x onerror=alert(1)>\\n\\342\\200\\256gpj.exe\\n\\033[2J\\033[1;31mred\\033[0m \\033[38;5;208morange\\033[0m\\n\\033]8;;javascript:alert(1)\\033\\134bad\\033]8;;\\033\\134\\n\\033]8;;https://example.test/a\\033\\134good\\033]8;;\\033\\134\\n10%%\\r20%%\\rdone\\n"; sleep 100000',
      ),
    )
  })
  after(() => stage?.stop())

  const go = (path: string) => stage.page.goto(stage.hub.url + path)
  const log = () => stage.page.getByRole('log')
  const filter = () => stage.page.locator('input[data-filter]')
  const count = async () => Number(((await stage.page.locator('.count').textContent()) ?? '').replaceAll(/\D/g, ''))
  const inBothThemes = async (name: string) => {
    for (const theme of ['light', 'dark'] as const) {
      await stage.theme(theme)
      await stage.snap(`logs-${name}-${theme}`)
      await stage.clean()
    }
  }
  /** A button that may be folded away on a phone. */
  const press = (name: string | RegExp) => stage.page.getByRole('button', { name }).first().click()

  it('begins empty, says what it is for, and adds containers of any hosts by the fleet filter', async () => {
    await goByKeys(stage.page, 'g', 'l', '/logs')
    await stage.page.getByText('merged by time').waitFor()
    await inBothThemes('empty')
    await press('Add containers')
    const picker = stage.page.getByRole('dialog')
    await picker.getByRole('searchbox').fill('name:nothing-like-it')
    await picker.getByText('Nothing fits this filter').waitFor()
    await picker.getByRole('searchbox').fill('name:web')
    await picker.getByRole('checkbox').nth(1).waitFor()
    await picker.getByRole('checkbox').nth(0).check()
    await picker.getByRole('checkbox').nth(1).check()
    await inBothThemes('picker')
    await picker.getByRole('button', { name: 'Add 2' }).click()
    await log().getByText('tick=3 ').first().waitFor()
    assert.equal(await stage.page.locator('.chips .chip').count(), 2)
    await stage.page.reload()
    await log().getByText('tick=3 ').first().waitFor()
  })

  it('follows a filter of the fleet, merges by time, and says which host a line is from', async () => {
    await go('/logs?of=name:web')
    await log().locator('.who', { hasText: 'web@alpha' }).first().waitFor()
    await log().locator('.who', { hasText: 'web@beta' }).first().waitFor()
    await until(async () => (await log().locator('.line').count()) > 10)
    // In one look: rows show other lines from one moment to the next.
    const times = await log().evaluate((pane) => {
      const all = (pane as unknown as { querySelectorAll(query: string): Iterable<{ title: string }> }).querySelectorAll(
        '.line:not(.away) time',
      )
      return [...all].map(({ title }) => title)
    })
    assert.deepEqual(times, times.toSorted())
    await inBothThemes('merged')
    await stage.page.getByRole('button', { name: 'web beta' }).click()
    await until(async () => (await log().locator('.who', { hasText: 'web@beta' }).count()) === 0)
    await stage.page.reload()
    await log().locator('.who', { hasText: 'web@alpha' }).first().waitFor()
    assert.equal(await log().locator('.who', { hasText: 'web@beta' }).count(), 0)
  })

  it('pauses where one reads, counts what is new, and goes to the end again by a key', async () => {
    await go('/logs?of=name:web+host:alpha')
    await until(async () => (await count()) > 60)
    await log().hover()
    await stage.page.mouse.wheel(0, -400)
    await stage.page.getByRole('button', { name: /\d+ new/ }).waitFor()
    const [top] = await visible(log())
    await until(async () => /[1-9]\d* new/.test((await stage.page.locator('.follow').textContent()) ?? ''))
    assert.equal((await visible(log()))[0], top)
    await inBothThemes('paused')
    await stage.page.keyboard.press('End')
    await stage.page.getByRole('button', { name: 'Follow', exact: true }).waitFor()
    await stage.page.keyboard.press('p')
    await stage.page.getByRole('button', { name: /\d+ new/ }).waitFor()
    await stage.page.keyboard.press('f')
    await stage.page.getByRole('button', { name: 'Follow', exact: true }).waitFor()
  })

  it('filters by text, level, stream, field and expression, marks hits, and steps through them', async () => {
    await go('/logs?of=name:web+name:api+host:alpha')
    await until(async () => (await count()) > 40)
    const all = await count()
    for (const [text, wanted] of [
      ['upstream -tick', /upstream/],
      ['level:error+', /ERROR/],
      ['stream:stderr', /ERROR/],
      ['ms>50', /order/],
      ['user.name="ada 1"', /ada 1/],
      ['/tick=\\d*5\\b/', /tick=\d*5/],
    ] as const) {
      await filter().fill(text)
      await until(async () => {
        const lines = await visible(log())
        return lines.length > 0 && lines.every((line) => wanted.test(line))
      })
      // The number follows the lines within a tenth of a second.
      await until(async () => (await count()) < all)
    }
    await log().locator('mark').first().waitFor()
    await inBothThemes('filtered')
    await filter().press('Enter')
    await log().locator('.line.current').waitFor()
    await press('Highlight only')
    await until(async () => (await visible(log())).some((line) => /order/.test(line)))
    await filter().fill('no-such-text-anywhere')
    await press('Highlight only')
    await stage.page.getByText(/None of [\d,]+ lines fits/).waitFor()
    await inBothThemes('none')
    await press('Clear the filter')
    await until(async () => (await count()) >= all)
  })

  it('says what is wrong with a filter, and stops an expression that never ends', async () => {
    await go('/logs?of=name:web+host:alpha')
    await until(async () => (await count()) > 20)
    for (const [text, wanted] of [
      ['/tick=(/', 'regular expression cannot be read: /tick=(/'],
      ['level:loud', 'no such level: level:loud'],
      ['stream:up', 'no such stream: stream:up'],
      [`${'x'.repeat(1100)}`, 'filter is too long'],
    ] as const) {
      await filter().fill(text)
      await stage.page.getByRole('alert').getByText(wanted).waitFor()
    }
    await inBothThemes('broken')
    await filter().fill('/^(\\w+=?\\s?)+$/')
    await filter().fill('/^(((.+)+)+)+!$/')
    await stage.page.getByText('takes too long').waitFor()
    // The page itself was never busy: it still answers at once.
    await filter().fill('tick')
    await log().getByText('tick=').first().waitFor()
  })

  it('shows what others wrote as text, colours and safe links only [security 89]', async () => {
    await go('/logs?of=name:nasty+host:alpha')
    await log().getByText('<img src=x onerror=alert(1)>').waitFor()
    assert.equal(await stage.page.locator('main img').count(), 0)
    assert.equal(await stage.page.title(), 'Fairlead')
    await log().getByText('‹202E›gpj.exe').waitFor()
    assert.equal(await log().locator('a').count(), 1)
    const link = log().locator('a')
    assert.equal(await link.getAttribute('href'), 'https://example.test/a')
    assert.match((await link.textContent()) ?? '', /good \(example\.test\)/)
    assert.match((await log().locator('.said', { hasText: 'done' }).textContent()) ?? '', /^done$/)
    await log().locator('.bold', { hasText: 'red' }).waitFor()
    await inBothThemes('nasty')
  })

  it('unfolds the fields of a line: a value narrows the view, a name becomes a column', async () => {
    await go('/logs?of=name:api+host:alpha')
    await until(async () => (await count()) > 20)
    await stage.page.keyboard.press('p')
    await log().locator('button.fold').nth(12).click()
    await log().locator('.tree').first().waitFor()
    await inBothThemes('fields')
    await log().getByRole('button', { name: 'ms', exact: true }).click()
    await log().locator('.cell').first().waitFor()
    await log()
      .locator('.tree')
      .getByRole('button', { name: /"ada \d"/ })
      .click()
    assert.match(await filter().inputValue(), /^user\.name="ada \d"$/)
    await log().locator('.cell', { hasText: /^\d+$/ }).first().waitFor()
    await inBothThemes('columns')
    await press('Take the column ms away')
    assert.equal(await log().locator('.cell').count(), 0)
  })

  it('a link to a line shows that very line; links that are wrong say so', async () => {
    await go('/logs?of=name:web+host:alpha')
    await until(async () => (await count()) > 30)
    const line = log().locator('.line', { hasText: 'tick=' }).nth(10)
    await line.locator('.said').click()
    await stage.page.getByRole('region', { name: 'Picked line' }).waitFor()
    // Lines come all the time: the eleventh was another one a moment ago.
    const text = await log().locator('.line.current .said').textContent()
    await inBothThemes('picked')
    await press('Copy link')
    const link = await stage.page.evaluate<string>('navigator.clipboard.readText()')
    await press('Copy as JSON')
    const json = JSON.parse(await stage.page.evaluate<string>('navigator.clipboard.readText()')) as Record<string, unknown>
    assert.deepEqual([json['container'], json['host'], json['stream'], json['text']], ['web', 'alpha', 'stdout', text])
    await stage.page.goto('about:blank')
    await stage.page.goto(link)
    await log().locator('.line.current', { hasText: text! }).waitFor()
    await stage.page.getByRole('button', { name: /\d+ new/ }).waitFor()

    await go('/logs?on=alpha/0123456789ab')
    await stage.page.getByRole('alert').getByText('There is no container 0123456789ab on host alpha').waitFor()
    await inBothThemes('unknown')
    await go('/logs?of=name:web+host:alpha&at=yesterday')
    await stage.page.getByRole('alert').getByText('names no time that can be read: yesterday').waitFor()
    await go('/logs?of=host:"')
    await stage.page.getByRole('alert').getByText('cannot be read').waitFor()
    await go('/logs?of=name:web+host:alpha&at=1000000000000')
    await stage.page.getByText('the nearest in time is shown').waitFor()
  })

  it('goes to a time by keys and by the bars, and reads older lines when asked', async () => {
    await go('/logs?of=name:web+host:alpha')
    await until(async () => (await count()) > 80)
    await log().focus()
    await stage.page.keyboard.press('t')
    const dialog = stage.page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('soon')
    await dialog.getByRole('textbox').press('Enter')
    await dialog.getByRole('alert').getByText('This is no time').waitFor()
    await inBothThemes('time')
    const first = await log().locator('.line:not(.away) time').first().getAttribute('title')
    await dialog.getByRole('textbox').fill('2020-01-01 00:00')
    await dialog.getByRole('textbox').press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await until(async () => ((await log().locator('.line:not(.away) time').first().getAttribute('title')) ?? '') < first!)
    await stage.page.getByRole('slider').focus()
    await stage.page.keyboard.press('ArrowRight')
    // Some at a time; how many there are grows with the age of the container.
    await until(async () => {
      await press('Older lines')
      return stage.page.getByText('There is nothing older').isVisible()
    })
  })

  it('downloads exactly what is shown, as text and as NDJSON', async () => {
    await go('/logs?of=name:web+host:alpha&q=stream:stderr')
    await until(async () => (await count()) > 3)
    await stage.page.keyboard.press('p')
    for (const format of ['text', 'ndjson'] as const) {
      const file = await download(format === 'text' ? 'What is in view, as text' : 'What is in view, as NDJSON')
      assert.match(file.suggestedFilename(), format === 'text' ? /^web-[\dT-]+\.log$/ : /^web-[\dT-]+\.ndjson$/)
      const lines = readFileSync(await file.path(), 'utf8')
        .trimEnd()
        .split('\n')
      assert.ok(lines.length > 3)
      for (const line of lines)
        if (format === 'text') assert.match(line, /^\d{4}-.*Z ERROR upstream \d+ refused$/)
        else assert.equal((JSON.parse(line) as { stream: string }).stream, 'stderr')
    }
  })

  it('says how a container ended, goes on when it is started again, and says that it was removed', async () => {
    await go('/logs?of=name:job+host:alpha')
    await log().getByText('— job ended: exited, exit code 3 —').waitFor()
    await stage.page.locator('.chip', { hasText: 'stopped' }).waitFor()
    await inBothThemes('ended')
    const { body } = await stage.engine.api('GET', '/containers/job/json')
    const { Id } = JSON.parse(body) as { Id: string }
    await stage.engine.api('POST', `/containers/${Id}/start`)
    await log().getByText('— job was started again —').waitFor()
    await until(async () => (await log().getByText('starting').count()) === 2)
    await until(async () => (await log().getByText('— job ended').count()) === 2)
    await stage.engine.api('DELETE', `/containers/${Id}?force=1`)
    await log().getByText('— job was removed —').waitFor()
    await stage.page.locator('.chip', { hasText: 'removed' }).waitFor()
    await go('/logs?of=name:quiet')
    await stage.page.getByText('Nothing was written yet').waitFor()
    await inBothThemes('silent')
  })

  it(
    'goes on after the hub died and after a host was away, and shows no line twice and leaves none out',
    { timeout: 180_000 },
    async () => {
      await go('/logs?of=name:web+host:alpha&q=-upstream')
      await until(async () => (await count()) > 20)
      await stage.hub.end('SIGKILL')
      await stage.page.getByText(/Reconnecting, data from/).waitFor()
      await stage.snap('logs-away')
      await stage.hub.again()
      await stage.page.locator('.banner').waitFor({ state: 'detached', timeout: 60_000 })
      await until(async () => (await stage.page.locator('.chip', { hasText: 'host away' }).count()) === 0)
      const before = await newest()
      await until(async () => (await newest()) > before + 5)
      await wholeLog()
      alpha.process.kill('SIGSTOP')
      await stage.page.locator('.chip', { hasText: 'host away' }).waitFor({ timeout: 60_000 })
      await inBothThemes('away')
      alpha.process.kill('SIGCONT')
      const away = await newest()
      await until(async () => (await newest()) > away + 20)
      await wholeLog()
    },
  )

  /** Presses one of the download menu; answers the file. */
  async function download(item: string): Promise<Download> {
    await press('Download')
    const [file] = await Promise.all([stage.page.waitForEvent('download'), stage.page.getByRole('menuitem', { name: item }).click()])
    return file
  }

  /** The number of the newest line. */
  async function newest(): Promise<number> {
    return Number(/tick=(\d+)/.exec((await visible(log())).at(-1) ?? '')?.[1] ?? 0)
  }

  /** Every line from the first that is here to the last, each once. */
  async function wholeLog(): Promise<void> {
    const file = await download('What is in view, as text')
    const numbers = [...readFileSync(await file.path(), 'utf8').matchAll(/tick=(\d+)/g)].map(([, n]) => Number(n))
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, i) => numbers[0]! + i),
    )
  }

  it('the tab of a container is the same view', async () => {
    await go('/containers?filter=name:web')
    await stage.page.getByRole('link', { name: 'web', exact: true }).first().click()
    // The tab, not the rail, which has one of that name before the page is there.
    await stage.page.locator('main').getByRole('link', { name: 'Logs', exact: true }).click()
    await log().getByText('tick=').first().waitFor()
    await inBothThemes('tab')
    await stage.page.getByRole('link', { name: 'Open in the logs workspace' }).click()
    await stage.page.getByRole('heading', { name: 'Logs' }).waitFor()
    await log().getByText('tick=').first().waitFor()
  })

  it('holds on a phone, and in French', async () => {
    await stage.page.setViewportSize(phone)
    await go('/logs?of=name:web+name:api')
    await until(async () => (await log().locator('.line').count()) > 5)
    await inBothThemes('phone')
    await press('Options')
    await stage.page.getByRole('button', { name: 'Wrap' }).waitFor()
    await inBothThemes('phone-options')
    await stage.page.evaluate(`localStorage.setItem('language', 'fr')`)
    await stage.page.reload()
    await stage.page.getByRole('heading', { name: 'Journaux' }).waitFor()
    await until(async () => (await log().locator('.line').count()) > 5)
    await inBothThemes('phone-fr')
    await stage.page.setViewportSize(desktop)
    await inBothThemes('fr')
    await stage.page.evaluate(`localStorage.setItem('language', 'en')`)
  })

  it('threw nothing and broke no rule of the content policy', () => assert.deepEqual(stage.problems, []))
})

/** The lines that are drawn and inside the pane, as they read. */
async function visible(log: Locator): Promise<string[]> {
  return log.evaluate((pane) => {
    type Box = { getBoundingClientRect(): { top: number; bottom: number } }
    const { top, bottom } = (pane as unknown as Box).getBoundingClientRect()
    const lines = [
      ...(pane as unknown as { querySelectorAll(query: string): Iterable<Box & { textContent: string }> }).querySelectorAll(
        '.line:not(.away):not(.ours)',
      ),
    ]
    return lines
      .filter((line) => line.getBoundingClientRect().top >= top - 1 && line.getBoundingClientRect().bottom <= bottom + 1)
      .map((line) => line.textContent)
  })
}
