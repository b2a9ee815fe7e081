import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { writePin } from '@fairlead/agent/pin.ts'
import type { Method } from '@fairlead/protocol/contract.ts'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { openEvilHub, type EvilHub } from '../fleet/evil-hub.ts'
import { need } from '../need.ts'

const main = join(import.meta.dirname, '../../agent/src/main.ts')

type Schema = Method['input']
interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, Schema>>
  readonly innerType?: Schema
  readonly element?: Schema
}

/** Where texts go in what a method is asked with: `command` of `['x']` is a text, too. */
function textsIn(schema: Schema, path: readonly string[] = []): (readonly string[])[] {
  const { type, shape, innerType, element } = (schema as unknown as { def: Def }).def
  if (type === 'string' || type === 'enum') return [path]
  if (innerType !== undefined) return textsIn(innerType, path)
  if (element !== undefined) return textsIn(element, [...path, '0'])
  return Object.entries(shape ?? {}).flatMap(([name, inner]) => textsIn(inner, [...path, name]))
}

/** The same, with a text put there. */
function put(value: unknown, [name, ...rest]: readonly string[], text: string): unknown {
  if (name === undefined) return text
  const inner = put((value as Readonly<Record<string, unknown>> | undefined)?.[name], rest, text)
  return name === '0' ? [inner] : { ...(value as object | undefined), [name]: inner }
}

const methods = Object.entries(agentFeatures).flatMap(([feature, contract]) =>
  Object.entries(contract as Readonly<Record<string, Method>>).map(([name, method]) => ({ name: `${feature}.${name}`, method })),
)

/** What somewhere is a command, a path, a header, a format or the end of a text. `at`: a file that only a shell makes. */
const wordsFor = (at: string): readonly string[] => [
  `$(touch ${at})`,
  `\`touch ${at}\``,
  `; touch ${at}`,
  `| touch ${at}`,
  `|| touch ${at}`,
  `&& touch ${at}`,
  `& touch ${at} &`,
  `\ntouch ${at}\n`,
  `\r\ntouch ${at}`,
  `' ; touch ${at} ; '`,
  `" ; touch ${at} ; "`,
  `> ${at}`,
  `>> ${at}`,
  `<(touch ${at})`,
  `\${IFS}touch\${IFS}${at}`,
  `{touch,${at}}`,
  `%0atouch ${at}`,
  `--entrypoint=touch ${at}`,
  `-exec touch ${at} ;`,
  `--output=${at}`,
  '../..',
  '..%2f..',
  '%2e%2e/%2e%2e',
  '/%69nfo',
  '..\\..',
  '/etc/shadow',
  'file:///etc/shadow',
  'victim/../../images/json',
  'victim?force=1',
  'victim#x',
  'victim%00',
  'victim\0',
  'victim HTTP/1.1\r\nHost: x\r\n\r\nDELETE /containers/victim HTTP/1.1',
  '-rf',
  '--help',
  '%s%s%n',
  '{{.}}',
  '\u202Emitciv',
  '__proto__',
  `{"Id":"victim"}`,
]

// Whatever text a hub sends where a text goes: it is a name, a word of an argument vector, or refused. A real agent, a real engine.
describe('words of a hub in the wrong hands', need('dockerd', 'busybox'), () => {
  let dir: string
  let engine: TestEngine
  let hub: EvilHub
  let agent: ChildProcess
  let victim: string
  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-words-')
    for (const name of ['state', 'etc', 'srv']) mkdirSync(join(dir, name), { mode: 0o700 })
    writeFileSync(join(dir, 'etc/policy.json'), JSON.stringify({ mode: 'full', files: { read: [join(dir, 'srv')] } }), { mode: 0o600 })
    engine = await startEngine()
    hub = await openEvilHub()
    victim = await engine.run('victim', ['sleep', '100000'])
    writePin(join(dir, 'state'), { address: hub.address, hubKey: hub.key, host: 'host', organization: 'organization', standby: [] })
    const env = {
      PATH: process.env['PATH'],
      FAIRLEAD_STATE_DIR: join(dir, 'state'),
      FAIRLEAD_ENGINE: engine.socket,
      FAIRLEAD_POLICY: join(dir, 'etc/policy.json'),
    }
    agent = spawn(process.execPath, [main, 'run'], { env, cwd: join(dir, 'srv'), stdio: 'ignore' })
    await hub.session()
  })
  after(async () => {
    const ended = once(agent, 'exit')
    if (agent.exitCode === null && agent.kill('SIGKILL')) await ended
    await hub?.close()
    await engine?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it(
    'are obeyed by nothing, in any text of any method: no shell runs one, and none leads to another path [security 51 53]',
    { timeout: 240_000 },
    async () => {
      const canary = join(dir, 'srv/canary')
      const words = wordsFor(canary)
      assert.ok(words.length >= 40)
      const base: Readonly<Record<string, object>> = {
        'containers.exec': { id: victim, command: ['busybox', 'true'] },
        'terminals.open': { container: victim, command: ['busybox', 'true'] },
        'containers.rename': { id: victim },
        'containers.kill': { id: victim },
      }
      const sinceMs = Date.now()
      let asked = 0
      for (const { name, method } of methods)
        for (const path of textsIn(method.input)) {
          const params = words.map((word) => put(base[name] ?? {}, path, word))
          asked += params.length
          // A stream that begins may have nothing to say.
          const more = method.kind === 'call' ? {} : { deadlineMs: 1500 }
          for (let from = 0; from < params.length; from += 10)
            await Promise.all(params.slice(from, from + 10).map((one) => hub.ask(name, one, more)))
        }
      assert.ok(asked > 1500, String(asked))
      assert.equal(existsSync(canary), false)
      assert.deepEqual(readdirSync(join(dir, 'srv')), [])
      assert.equal((await engine.api('HEAD', `/containers/${victim}/archive?path=${canary}`)).status, 404)
      const { body } = await engine.api('GET', `/events?since=${(sinceMs / 1000).toFixed(3)}&until=${(Date.now() / 1000).toFixed(3)}`)
      const actions = new Set(
        body.split('\n').flatMap((line) => (line === '' ? [] : [String((JSON.parse(line) as { Action: string }).Action).split(':')[0]!])),
      )
      // What it was asked to run, as one word of an argument vector.
      assert.deepEqual(
        [...actions].filter((action) => !action.startsWith('exec_')),
        [],
      )
      assert.ok(actions.has('exec_create'))
      assert.equal((await hub.ask('containers.get', { id: 'victim' })).code, 'ok')
      assert.equal(agent.exitCode, null)
    },
  )
})
