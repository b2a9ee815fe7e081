import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { capabilities, modes } from '@fairlead/protocol/features/policy.ts'
import { defaultRules, fallbackRules, judgeCapability, parseRules } from './rules.ts'
import { notNarrowed, narrowFurther } from './narrowed.ts'

const open = { narrowed: notNarrowed, locked: false }
const allowed = (text: string, more: Partial<typeof open> = {}) => {
  const rules = parseRules(text, 'policy.json')
  return capabilities.filter((one) => judgeCapability(one, { rules, ...open, ...more }) === 'yes')
}
const reads = ['metrics.read', 'logs.read', 'inspect.read', 'pve.read']

describe('the rules of a host', () => {
  it('allow in each mode what it is for, and operate is the default [security 46]', () => {
    assert.deepEqual(allowed('{"mode":"monitor"}'), reads)
    assert.deepEqual(allowed('{"mode":"full"}'), [...capabilities])
    const beyond = new Set(['inspect.secrets', 'host.exec', 'host.terminal'])
    assert.deepEqual(
      allowed('{}'),
      capabilities.filter((one) => !beyond.has(one)),
    )
    assert.equal(defaultRules.mode, 'operate')
    assert.equal(fallbackRules.mode, 'monitor')
  })

  it('are local AND hub AND lock: each can only take away [security 45]', () => {
    for (const mode of modes)
      for (const capability of capabilities)
        for (const locked of [false, true])
          for (const narrowed of [
            notNarrowed,
            { mode: 'monitor' as const, deny: [] },
            { mode: null, deny: [capability] },
            { mode: 'full' as const, deny: [] },
          ]) {
            const rules = parseRules(JSON.stringify({ mode }), 'policy.json')
            const verdict = judgeCapability(capability, { rules, narrowed, locked })
            const each = [
              judgeCapability(capability, { rules, ...open }),
              judgeCapability(capability, { rules: { ...rules, mode: 'full' }, narrowed, locked: false }),
              judgeCapability(capability, { rules: { ...rules, mode: 'full' }, narrowed: notNarrowed, locked }),
            ]
            assert.equal(
              verdict === 'yes',
              each.every((one) => one === 'yes'),
              `${mode} ${capability} ${locked} ${JSON.stringify(narrowed)}`,
            )
          }
  })

  it('deny before they allow, and a lock knows no exception', () => {
    assert.ok(allowed('{"mode":"monitor","allow":["container.exec"]}').includes('container.exec'))
    assert.ok(!allowed('{"allow":["container.exec"],"deny":["container.exec"]}').includes('container.exec'))
    assert.deepEqual(allowed('{"mode":"full","allow":["container.exec","inspect.secrets"]}', { locked: true }), reads)
  })

  it('are refused whole for a word that is not known, with what, where and what would be right', () => {
    const wrong: Record<string, RegExp> = {
      '{': /^policy\.json is not JSON/,
      '[]': /object is wanted/,
      '{"mode":"all"}': /"mode" .*"all" is none of monitor, operate, full/,
      '{"denny":[]}': /^policy\.json: what was said is not .*"denny" is none of mode, allow, deny/,
      '{"deny":["container.exek"]}': /"deny\.0" .*"container\.exek" is none of .*container\.exec,/,
      '{"deny":[7]}': /"deny\.0" .*"7" is none of /,
      '{"deny":7}': /"deny" .*"7" is none of /,
      '{"files":{"read":["srv"]}}': /"files\.read\.0" .*absolute path/,
      '{"files":{"read":["/srv/../etc"]}}': /absolute path/,
      '{"files":{"read":["/srv/"]}}': /absolute path/,
      '{"files":{"reed":["/srv"]}}': /"files"/,
      '{"registries":["https://docker.io"]}': /"registries\.0" .*docker\.io/,
      '{"terminalIdleMinutes":0}': /at least 1/,
      '{"terminalIdleMinutes":1e9}': /at most 1440/,
    }
    for (const [text, words] of Object.entries(wrong))
      assert.throws(
        () => parseRules(text, 'policy.json'),
        (error: Error) => codeOf(error) === 'invalid_input' && words.test(error.message),
        text,
      )
    const whole = parseRules(
      '{"mode":"full","files":{"read":["/","/srv/data"],"write":[]},"registries":["docker.io","a.b:5000"]}',
      'policy.json',
    )
    assert.deepEqual(whole.files.read, ['/', '/srv/data'])
  })

  it('take of what a hub gives away only what is less [security 45]', () => {
    const once = narrowFurther(notNarrowed, { mode: 'monitor', deny: ['logs.read'] })
    assert.deepEqual(narrowFurther(once, notNarrowed), once)
    assert.deepEqual(narrowFurther(once, { mode: 'full', deny: [] }), once)
    assert.deepEqual(narrowFurther(once, { mode: 'operate', deny: ['pve.read'] }), { mode: 'monitor', deny: ['logs.read', 'pve.read'] })
  })
})
