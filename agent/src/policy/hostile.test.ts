import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Contract, Method } from '@fairlead/protocol/contract.ts'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import { parseInput } from '@fairlead/protocol/wire/input.ts'
import { guardHandlers, type HandlersOf } from './guard.ts'
import { needs } from './needs.ts'
import { notNarrowed } from './narrowed.ts'
import { parseRules } from './rules.ts'

type Served = Readonly<Record<string, Readonly<Record<string, (input: object, context: object) => unknown>>>>

const methods = Object.entries(agentFeatures as Readonly<Record<string, Contract>>).flatMap(([feature, contract]) =>
  Object.entries(contract).map(([name, method]) => ({ feature, name, method: method as Method })),
)
const fieldsOf = ({ input }: Method) => Object.keys((input as unknown as { def: { shape: object } }).def.shape)
const fields = [...new Set(methods.flatMap(({ method }) => fieldsOf(method)))]
const leaves = ['web', 'e'.repeat(64), '..', '/srv/x', '/etc/shadow', '', '\0', '\u202E', 'SIGKILL', 'all', 'monitor', 'x'.repeat(70_000)]
const others = [null, true, false, 0, 1, -1, 0.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY, undefined, new Uint8Array(32)]

function lcg(seed: number): (below: number) => number {
  let state = seed
  return (below) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below
}

/** Anything that can be said on the wire, more often than not with the names of fields that there are. */
function anything(random: (below: number) => number, depth: number): unknown {
  const kind = random(depth === 0 ? 2 : 5)
  if (kind === 0) return leaves[random(leaves.length)]
  if (kind === 1) return others[random(others.length)]
  if (kind === 2) return Array.from({ length: random(4) }, () => anything(random, depth - 1))
  const names = Array.from({ length: random(5) }, () => (random(9) === 0 ? '__proto__' : fields[random(fields.length)]!))
  return Object.fromEntries(names.map((name) => [name, anything(random, depth - 1)]))
}

describe('what a hub asks that means harm', () => {
  it('ends nothing and changes nothing, in 100,000 requests made up at random [security 66]', async () => {
    const random = lcg(66)
    const reached: string[] = []
    const handlers = Object.fromEntries(
      Object.entries(agentFeatures as Readonly<Record<string, Contract>>).map(([feature, contract]) => [
        feature,
        Object.fromEntries(
          Object.entries(contract).map(([name, { kind }]) => [
            name,
            kind === 'call'
              ? async () => void reached.push(`${feature}.${name}`)
              : async function* () {
                  yield reached.push(`${feature}.${name}`)
                },
          ]),
        ),
      ]),
    )
    const rules = parseRules(JSON.stringify({ mode: 'monitor' }), 'policy.json')
    const inForce = () => ({ rules, source: 'file', problem: '', lock: undefined, narrowed: notNarrowed, guarded: [] }) as const
    const nothing = async () => undefined
    const served = guardHandlers(agentFeatures, needs, handlers as unknown as HandlersOf<typeof agentFeatures>, {
      policy: { inForce, onChange: () => () => undefined },
      journal: {
        begin: async () => ({ done: nothing }),
        refuse: () => undefined,
        keys: { claim: () => 'fresh', release: () => undefined },
      },
      container: () => assert.fail('nothing is protected'),
      containerOfTerminal: nothing,
    }) as unknown as Served
    const told = { invalid_input: 0, forbidden: 0, ok: 0 }
    const context = { signal: new AbortController().signal, trace: '', inTime: { check: () => undefined } }
    for (let n = 0; n < 100_000; n++) {
      const { feature, name, method } = methods[random(methods.length)]!
      const nearly = () => Object.fromEntries(fieldsOf(method).flatMap((field) => (random(3) === 0 ? [] : [[field, anything(random, 1)]])))
      const params = random(3) === 0 ? anything(random, 3) : nearly()
      try {
        const answer = served[feature]![name]!(parseInput(method, params) as object, context)
        if (method.kind === 'call') await answer
        else for await (const _item of answer as AsyncIterable<unknown>);
        told.ok++
      } catch (error) {
        const code = codeOf(error)
        if (code !== 'invalid_input' && code !== 'forbidden') throw error
        told[code]++
      }
    }
    assert.ok(told.invalid_input > 10_000 && told.forbidden > 300 && told.ok > 1000, JSON.stringify(told))
    // What a hub reads in this mode, and what it may give away.
    const changes =
      /^containers\.(start|stop|restart|kill|pause|unpause|rename|remove|exec)$|^terminals\.(?!list)|^updates\.(?!watch)|^files\./
    assert.deepEqual(
      [...new Set(reached)].filter((one) => changes.test(one)),
      [],
    )
  })
})
