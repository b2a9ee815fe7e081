import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { luminanceOf, parseLine, plainLine, readable } from './ansi.ts'
import { showLine, shownText } from './shown.ts'
import { markSpans } from './spans.ts'
import { parseTime, stamp } from './stamp.ts'

const esc = '\u001B'

describe('what a line of a log shows', () => {
  it('keeps colours and drops every other order to a terminal [security 89]', () => {
    const spans = parseLine(`${esc}]0;title\u0007${esc}[2J${esc}[1;31mred${esc}[0m ${esc}[38;5;208morange${esc}[0m${esc}P$q\u001B\\ end`)
    assert.deepEqual(
      spans.map(({ text, style }) => [text, style]),
      [
        ['red', 'bold f1'],
        [' ', ''],
        ['orange', ''],
        [' end', ''],
      ],
    )
    assert.match(spans[2]!.color ?? '', /^light-dark\(rgb/)
  })

  it('shows what hides or turns a line around [security 89]', () => {
    assert.equal(plainLine('a\u202Eb\u200Bc\u0000d\u2066'), 'a‹202E›b‹200B›c‹0000›d‹2066›')
    assert.equal(plainLine(`half an order ${esc}[31`), 'half an order ‹001B›[31')
    assert.equal(plainLine('tab\tand é 漢 stay'), 'tab\tand é 漢 stay')
  })

  it('links to the web only [security 89]', () => {
    const href = (url: string) => parseLine(`${esc}]8;;${url}\u0007x${esc}]8;;\u0007`)[0]?.href
    assert.equal(href('https://example.test/a'), 'https://example.test/a')
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'https:', `https://${'a'.repeat(3000)}`])
      assert.equal(href(url), undefined, url)
  })

  it('shows of a progress bar what was written last', () => {
    assert.equal(plainLine('10%\r20%\rdone\r'), 'done')
    assert.equal(plainLine('abc\b\bX'), 'aX')
  })

  it('makes every colour readable on light and on dark', () => {
    for (const color of [
      [0, 0, 0],
      [255, 255, 255],
      [255, 255, 0],
      [0, 0, 255],
      [128, 128, 128],
    ] as const) {
      const [dark, light] = [...readable(color[0], color[1], color[2]).matchAll(/rgb\((\d+) (\d+) (\d+)\)/g)].map((found) =>
        luminanceOf(found.slice(1).map(Number)),
      )
      const ratio = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
      assert.ok(ratio(dark!, luminanceOf([255, 255, 255])) >= 4.5, `${color}`)
      assert.ok(ratio(light!, luminanceOf([27, 31, 38])) >= 4.5, `${color}`)
    }
  })

  it('folds JSON to its message and the rest, or leaves it as it was written', () => {
    const line = '{"level":"info","time":1,"msg":"hello","ms":12,"user":{"id":1}}'
    assert.equal(shownText(line, false), 'hello  ms=12 user={"id":1}')
    assert.equal(shownText(line, true), line)
    assert.deepEqual(Object.keys(showLine('a=1 b=2 c', false).fields ?? {}), ['a', 'b'])
    assert.equal(showLine('x=1', false).fields, undefined)
  })

  it('says how much of a line is not drawn, and nothing of a line that is drawn whole', () => {
    assert.equal(showLine('x'.repeat(16_384), false).left, 0)
    const long = showLine('x'.repeat(20_000), false)
    assert.deepEqual([long.left, long.spans.at(-1)?.text.length], [3616, 16_385])
    assert.equal(showLine(JSON.stringify({ msg: 'y'.repeat(20_000), n: 1 }), false).left, 3616)
    assert.equal(showLine(JSON.stringify({ msg: 'short', more: 'z'.repeat(20_000) }), false).left, 0)
  })

  it('cuts spans where a found word begins and ends', () => {
    const pieces = markSpans(
      [
        { text: 'ab', style: 'f1' },
        { text: 'cd', style: '' },
      ],
      [1, 3],
    )
    assert.deepEqual(
      pieces.map(({ text, hit, style }) => [text, hit, style]),
      [
        ['a', false, 'f1'],
        ['b', true, 'f1'],
        ['c', true, ''],
        ['d', false, ''],
      ],
    )
  })
})

describe('times', () => {
  const nowMs = Date.UTC(2026, 10, 21, 12, 0, 0)

  it('are said in UTC, with the day when it is another', () => {
    assert.equal(stamp(Date.UTC(2026, 10, 21, 1, 2, 3, 4), 'utc', nowMs), '01:02:03.004Z')
    assert.equal(stamp(Date.UTC(2026, 10, 20, 1, 2, 3, 4), 'utc', nowMs), '2026-11-20 01:02:03.004Z')
    assert.equal(stamp(nowMs - 90_000, 'relative', nowMs), '−1 min 30 s')
    assert.equal(stamp(Number.NaN, 'utc', nowMs), '–')
  })

  it('are read as people write them; what is none is none', () => {
    assert.equal(parseTime('2026-11-21T01:02:03.5Z', nowMs), Date.UTC(2026, 10, 21, 1, 2, 3, 500))
    assert.equal(parseTime('2026-11-21 01:02', nowMs), new Date(2026, 10, 21, 1, 2).getTime())
    assert.equal(parseTime('2026-11-21', nowMs), new Date(2026, 10, 21).getTime())
    assert.equal(parseTime('14:05Z', nowMs), Date.UTC(2026, 10, 21, 14, 5))
    for (const bad of ['', 'soon', '25:00', '2026-13-01', '2026-11-21 1', '12', 'Z']) assert.equal(parseTime(bad, nowMs), undefined, bad)
  })
})
