import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { Row } from '@fairlead/protocol/features/inventory.ts'
import { until } from '../../../e2e/fleet/until.ts'
import type { Engine } from '../docker/engine.ts'
import type { RawContainer } from './read.ts'
import { containersSource } from './source.ts'

const id = 'c'.repeat(64)
const listed = (State: string, Status: string): RawContainer[] => [{ Id: id, Names: ['/job'], State, Status }]
const up = listed('running', 'Up 1 second')
const ended = listed('exited', 'Exited (3) Less than a second ago')

/** An engine that lists what it is given, one answer after the other, the last one for ever; and says events. */
function playing(answers: readonly (() => Promise<RawContainer[]>)[]) {
  let asked = 0
  let tell: (event: HostEvent) => void = () => undefined
  const engine = { call: () => answers[Math.min(asked++, answers.length - 1)]!() } as unknown as Engine
  const watch = { onEvent: (listener: typeof tell) => ((tell = listener), () => undefined) }
  const statuses: string[] = []
  const stop = containersSource(engine, watch as never).watch(
    (set: Row[]) => statuses.push(...set.map(({ status }) => status)),
    () => undefined,
  )
  const say = (action: string) => tell({ timeMs: 0, type: 'container', action, id, name: 'job', facts: {} })
  return { statuses, say, stop, asked: () => asked }
}
const now = (rows: RawContainer[]) => () => Promise.resolve(rows)

describe('rows of containers', () => {
  // Under load a container that had ended was shown as running until something else happened to it.
  it('are looked at again when the engine says that one died and still lists it as running', async () => {
    const { statuses, say, stop, asked } = playing([now(up), now(up), now(ended)])
    say('start')
    say('die')
    await until(() => statuses.at(-1) === 'exited')
    assert.deepEqual(statuses, ['running', 'running', 'exited'])
    assert.equal(asked(), 3)
    stop()
  })

  it('are looked at once when one was started again meanwhile', async () => {
    const { statuses, say, stop, asked } = playing([now(up)])
    say('die')
    say('start')
    await until(() => statuses.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 400))
    assert.equal(asked(), 1)
    stop()
  })

  it('never go back to an answer that was asked for earlier and came later', async () => {
    const slow = () => new Promise<RawContainer[]>((resolve) => setTimeout(() => resolve(up), 300))
    const { statuses, say, stop, asked } = playing([slow, now(ended)])
    say('start')
    await until(() => asked() === 1)
    say('die')
    await until(() => statuses.length === 2)
    assert.deepEqual(statuses, ['running', 'exited'])
    stop()
  })
})
