import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fieldTerm, parseColumns, parseJson, parseLogfmt } from './fields.ts'
import { parseFilter, type Filter, type Seen } from './filter.ts'
import { levelOf } from './level.ts'

const line = (text: string, level = 0, stream = 0): Seen => ({ text, level, stream })
const filter = (text: string): Filter => {
  const parsed = parseFilter(text)
  assert.ok(!('why' in parsed), JSON.stringify(parsed))
  return parsed
}
const fits = (text: string, seen: Seen) => filter(text).fits(seen)

describe('the filter of a log', () => {
  it('wants every word, not the excluded ones, and phrases as they stand', () => {
    assert.ok(fits('get orders', line('GET /orders 200')))
    assert.ok(!fits('get -orders', line('GET /orders 200')))
    assert.ok(fits('"two words"', line('there are TWO WORDS here')))
    assert.ok(!fits('"two words"', line('words two')))
    assert.ok(filter('').empty)
  })

  it('knows levels, streams, expressions and fields of JSON and logfmt', () => {
    assert.ok(fits('level:warn+', line('x', 5)))
    assert.ok(!fits('level:warn', line('x', 5)))
    assert.ok(fits('stream:stderr', line('x', 0, 1)))
    assert.ok(fits('/tick=\\d+5$/', line('tick=105')))
    assert.ok(!fits('-/TICK/i', line('tick=105')))
    assert.ok(fits('json.user.age>=30 user.name=ada', line('{"user":{"age":31,"name":"Ada"}}')))
    assert.ok(fits('ms>200', line('level=info ms=201ms path=/x')))
    assert.ok(!fits('ms>200', line('level=info ms=200')))
    assert.ok(fits('a!=2', line('a=1')) && !fits('a!=1', line('a=1')))
    assert.ok(fits('trace:abc', line('{"trace":"zzabczz"}')))
    assert.ok(fits('a=b', line('GET /?a=b&c=d')))
  })

  it('says which word is wrong, and why', () => {
    assert.deepEqual(parseFilter('ok /(/'), { why: 'regex', word: '/(/' })
    assert.deepEqual(parseFilter('/a/g'), { why: 'regex', word: '/a/g' })
    assert.deepEqual(parseFilter('level:loud'), { why: 'level', word: 'level:loud' })
    assert.deepEqual(parseFilter('stream:up'), { why: 'stream', word: 'stream:up' })
    assert.equal((parseFilter('x'.repeat(2000)) as { why: string }).why, 'long')
  })

  it('marks where the words stand, overlaps as one', () => {
    assert.deepEqual(filter('ab /bc/').marks('xabcx ab'), [1, 4, 6, 8])
    assert.deepEqual(filter('/x*/').marks('aaa'), [])
    assert.deepEqual(filter('-ab').marks('ab'), [])
  })

  it('a term made of a field finds that field again, or is not made', () => {
    for (const [name, value] of [
      ['user.name', 'Ada L'],
      ['ms', 12],
      ['ok', true],
      ['n', null],
    ] as const) {
      const term = fieldTerm(name, value as string)
      if (value === null) continue
      assert.ok(fits(term!, line(JSON.stringify(name === 'user.name' ? { user: { name: value } } : { [name]: value }))), term)
    }
    for (const [name, value] of [
      ['a b', 'x'],
      ['a', 'say "hi"'],
      ['a', ''],
      ['a', 'x\ny'],
      ['a', { b: 1 }],
    ] as const)
      assert.equal(fieldTerm(name, value as string), undefined)
    assert.deepEqual(parseColumns('ms,user.name,<b>,ms,'), ['ms', 'user.name'])
  })

  it('reads JSON and logfmt, and takes neither from what only looks like it', () => {
    assert.deepEqual(parseJson('2026-11-21 app {"a":1}'), { a: 1 })
    assert.equal(parseJson('{"a":1'), undefined)
    assert.equal(parseJson('[1,2]'), undefined)
    assert.deepEqual({ ...parseLogfmt('a=1 b="two \\"words\\"" c=') }, { a: '1', b: 'two "words"', c: '' })
    assert.equal(Object.getPrototypeOf(parseLogfmt('__proto__=1 a=2')), null)
  })

  it('reads the level that a line says', () => {
    for (const [text, level] of [
      ['{"level":"warn","msg":"x"}', 4],
      ['{"level":50,"msg":"x"}', 5],
      ['level=error msg=x', 5],
      ['2026-11-21T08:00:00Z INFO started', 3],
      ['[2026-11-21] [WARN] x', 4],
      ['<3>disk broke', 5],
      ['E1121 08:00:00.000 klog', 5],
      ['1:M 21 Nov 2026 07:00:00.000 # low memory', 4],
      ['ERROR: it broke', 5],
      ['FATAL could not listen', 6],
      ['Log in to continue', 0],
      ['information is power', 0],
      ['just text', 0],
    ] as const)
      assert.equal(levelOf(text), level, text)
  })
})
