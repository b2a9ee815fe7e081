import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import { ask, type Engine } from './engine.ts'
import { operations, type Operation } from './operations.ts'

const source = join(import.meta.dirname, '..')
const vendored = JSON.parse(readFileSync(join(import.meta.dirname, 'engine-api.json'), 'utf8')) as { operations: Record<string, string> }
const files = globSync('**/*.ts', { cwd: source }).filter((file) => !file.endsWith('.test.ts'))
const read = (file: string) => readFileSync(join(source, file), 'utf8')
const used = Object.entries(operations).filter(([, verdict]) => verdict.startsWith('used: '))

describe('the operations of the engine’s API', () => {
  it('are all classified, and none is that the engine does not have [security 52]', () => {
    const known = Object.keys(vendored.operations)
    assert.ok(known.length > 100)
    const table: Readonly<Record<string, string>> = operations
    assert.deepEqual(
      known.filter((operation) => table[operation] === undefined),
      [],
      'unclassified',
    )
    assert.deepEqual(
      Object.keys(table).filter((operation) => vendored.operations[operation] === undefined),
      [],
      'unknown to the engine',
    )
  })

  it('are used where the oldest engine has them, by a feature that there is', () => {
    for (const [operation, verdict] of used) {
      assert.equal(vendored.operations[operation], '1.41', operation)
      assert.ok(Object.hasOwn(agentFeatures, verdict.slice('used: '.length)), `${operation} is ${verdict}`)
    }
  })

  it('are refused for what gives a container, a builder or a plugin away whole [security 52]', () => {
    for (const [operation, verdict] of Object.entries(operations))
      if (/\/(session|grpc|plugins|swarm|auth|debug)\b|attach\/ws/.test(operation)) assert.match(verdict, /^refused: \w/, operation)
  })

  it('give nothing of a container or an image away whole to a hub that reads: no archive, export, attach or key of a swarm [security 54]', () => {
    const whole = Object.entries(operations).filter(([operation]) => /^GET .*\/(archive|export|get|attach\/ws|unlockkey)$/.test(operation))
    assert.ok(whole.length >= 6, String(whole.length))
    for (const [operation, verdict] of whole) assert.doesNotMatch(verdict, /^used/, operation)
  })

  it('are asked by name, and only those that are used: nothing else compiles [security 52]', () => {
    const engine = undefined as unknown as Engine
    assert.throws(() => {
      void engine.call(ask('GET /containers/{id}/json', { id: 'x' }))
      // @ts-expect-error -- refused
      void engine.call(ask('POST /plugins/pull', {}))
      // @ts-expect-error -- planned: nobody asks for it yet
      void engine.call(ask('GET /images/search', {}))
      // @ts-expect-error -- there is no such operation
      void engine.call(ask('GET /containers/{id}/secrets', { id: 'x' }))
      // @ts-expect-error -- the name that its path leaves open is missing
      void engine.call(ask('GET /containers/{id}/json', {}))
      // @ts-expect-error -- a path that was made by hand
      void engine.call({ segments: ['plugins'] })
      // @ts-expect-error -- a stream is only ever read
      void engine.stream(ask('POST /containers/{id}/stop', { id: 'x' }))
    }, TypeError)
  })

  it('that the agent asks for are the used ones, each somewhere in its sources [security 52]', () => {
    const sources = files.filter((file) => file !== 'docker/operations.ts').map(read)
    const asked = new Set(
      sources.flatMap((text) => [...text.matchAll(/'((?:HEAD|GET|POST|PUT|DELETE) \/[^']*)'/g)].map(([, name]) => name!)),
    )
    assert.deepEqual(
      [...asked].filter((operation) => !used.some(([name]) => name === operation)),
      [],
    )
    const never = used.map(([operation]) => operation as Operation).filter((operation) => !asked.has(operation))
    // Asked by its bare path, before the version is known.
    assert.deepEqual(never, ['GET /_ping'])
  })

  it('reach the engine through one door: nothing else opens its socket [security 52]', () => {
    const opening = files.filter((file) => /from '[./\w]*docker\/http\.ts'|from '\.\/http\.ts'/.test(read(file)))
    assert.deepEqual(opening, ['docker/engine.ts'])
    assert.deepEqual(read('docker/engine.ts').match(/http\.\w+\([^)]*?'[^']*', '[^']*'/g), ["http.request('GET', '/_ping'"])
    assert.deepEqual(
      files.filter((file) => /as unknown as Target|dockerode/.test(read(file))),
      ['docker/engine.ts'],
    )
  })
})
