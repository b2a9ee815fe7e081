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
const off = ['--no-opt', '--no-maglev', '--no-sparkplug', 'collect']
const on = ['--opt', '--maglev', '--sparkplug']

describe('an agent without work', () => {
  it('collects once and stops compiling, ten seconds after its start', () => {
    assert.deepEqual(play(seconds(9, 0.001)), [])
    assert.deepEqual(play(seconds(100, 0.001)), off)
  })

  it('compiles again as soon as there is work, and gives back after it', () => {
    assert.deepEqual(play([...seconds(10, 0), 0.9, ...seconds(5, 0.9), ...seconds(10, 0)]), [...off, ...on, ...off])
  })

  it('takes neither a pause for the end of the work nor a moment for its beginning', () => {
    assert.deepEqual(play(seconds(50, 0).map((_, second) => (second % 9 === 0 ? 0.06 : 0))), [])
    assert.deepEqual(play([...seconds(10, 0), ...seconds(20, 0.15)]), off)
  })

  it('leaves the compilers alone where nobody asked for that', () => {
    assert.deepEqual(play([...seconds(10, 0), 0.9, ...seconds(10, 0)], false), ['collect', 'collect'])
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
