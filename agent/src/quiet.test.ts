import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createJudge, type Engine } from './quiet.ts'

function play(shares: readonly number[], compileWhenBusy = true): string[] {
  const did: string[] = []
  const engine: Engine = { flag: (name) => void did.push(name), collect: () => void did.push('collect') }
  const judge = createJudge({ compileWhenBusy, engine })
  for (const share of shares) judge(share)
  return did
}
const seconds = (count: number, share: number) => Array.from({ length: count }, () => share)
const stop = ['--no-opt', '--no-maglev', '--no-sparkplug']
const on = ['--opt', '--maglev', '--sparkplug']

describe('an agent without work', () => {
  it('compiles nothing from the start on, and collects once, ten quiet seconds after it', () => {
    assert.deepEqual(play(seconds(9, 0.001)), stop)
    assert.deepEqual(play(seconds(100, 0.001)), [...stop, 'collect'])
  })

  it('collects once more each hour, for what it does all the same', () => {
    assert.deepEqual(play(seconds(3600 + 3599, 0.001)), [...stop, 'collect', 'collect'])
    assert.deepEqual(play(seconds(7200, 0.001)), [...stop, 'collect', 'collect', 'collect'])
  })

  it('compiles again as soon as there is work, and gives back after it', () => {
    assert.deepEqual(play([...seconds(10, 0), 0.9, ...seconds(5, 0.9), ...seconds(10, 0)]), [...stop, 'collect', ...on, ...stop, 'collect'])
  })

  it('takes neither a pause for the end of the work nor a moment for its beginning', () => {
    assert.deepEqual(play(seconds(50, 0).map((_, second) => (second % 9 === 0 ? 0.06 : 0))), stop)
    assert.deepEqual(play([...seconds(10, 0), ...seconds(20, 0.15)]), [...stop, 'collect'])
  })

  it('leaves the compilers alone where nobody asked for that', () => {
    // It is looked at every ten seconds there.
    assert.deepEqual(play([0, 0, 0.9, 0, 0], false), ['collect', 'collect'])
  })

  it('really gives back what was held', () => {
    const before = process.memoryUsage().heapUsed
    let held: unknown[] | undefined = Array.from({ length: 300_000 }, (_, n) => ({ n }))
    assert.ok(process.memoryUsage().heapUsed > before + 5e6 && held.length > 0)
    held = undefined
    const judge = createJudge({ compileWhenBusy: true })
    for (const share of seconds(10, 0)) judge(share)
    assert.ok(process.memoryUsage().heapUsed < before + 2e6, 'nothing was collected')
    judge(0.9)
  })
})
