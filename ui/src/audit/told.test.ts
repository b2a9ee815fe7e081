import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { localVerbs } from '@fairlead/protocol/features/journal.ts'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { codes } from '@fairlead/protocol/errors.ts'
import { approvalsEn } from '../i18n/approvals-en.ts'
import { auditEn } from '../i18n/audit-en.ts'
import { auditFr } from '../i18n/audit-fr.ts'
import { chooseLanguage } from '../i18n/i18n.ts'
import { codeWords, subjectOf, verbsCalled, verbWords } from './told.ts'

const hub = join(import.meta.dirname, '../../../hub/src')
const id = '3f9a'.repeat(16)
const row = (more: Partial<AuditRow>): AuditRow => ({
  seq: 1,
  timeMs: 0,
  verb: 'container.stop',
  outcome: 'ok',
  actor: 'a',
  actorName: 'Ada',
  host: 'h1',
  hostName: 'web-1',
  target: id,
  code: '',
  ip: '',
  userAgent: '',
  trace: '',
  ...more,
})

/** Every verb that the hub may write: of its contracts, and those that it writes of itself. */
function audited(): Set<string> {
  const doors = Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door.audit))
  const own = globSync('**/*.ts', { cwd: hub, exclude: (path) => path.endsWith('.test.ts') }).flatMap((file) =>
    [...readFileSync(join(hub, file), 'utf8').matchAll(/(?:verb: |entry\()'([a-z]+\.[a-z_-]+)'/g)].map(([, verb]) => verb),
  )
  return new Set([...doors, ...own, ...localVerbs.map((verb) => `local.${verb}`)].filter((verb) => verb !== undefined))
}

describe('what the trail tells', () => {
  before(() => {
    Object.assign(globalThis, { localStorage: { getItem: () => null, setItem: () => undefined }, document: { documentElement: {} } })
  })

  it('every verb that is audited has words in both languages, and each verb with words is audited', () => {
    const verbs = audited()
    assert.ok(verbs.has('container.save_log') && verbs.has('host.enrol') && verbs.has('login.create') && verbs.has('access.refused'))
    const worded = Object.keys(auditEn).flatMap((key) => (key.startsWith('verb.') ? [key.slice(5)] : []))
    assert.deepEqual([...verbs].sort(), worded.sort())
    for (const verb of verbs) assert.notEqual(Reflect.get(auditEn, `verb.${verb}`), Reflect.get(auditFr, `verb.${verb}`), verb)
  })

  it('every door that wants two people has words for what they agree to', () => {
    const doors = Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door))
    const two = doors.filter(({ secondPerson }) => secondPerson === true).map(({ audit }) => `verb.${audit}`)
    const worded = Object.keys(approvalsEn).filter((key) => key.startsWith('verb.'))
    assert.deepEqual(two.sort(), worded.sort())
  })

  it('every code that an outcome may have is worded', async () => {
    await chooseLanguage('en')
    const inside = new Set(['draining', 'flow', 'refused', 'too_many'])
    for (const code of Object.keys(codes).filter((one) => !inside.has(one))) assert.ok(`code.${code}` in auditEn, code)
    assert.equal(codeWords(row({ code: 'host_offline' })), 'host offline')
    assert.equal(codeWords(row({ verb: 'access.refused', code: 'containers.stop' })), 'containers.stop')
  })

  it('how a host contradicts the trail is said in words', () => {
    chooseLanguage('en')
    assert.equal(subjectOf(row({ verb: 'audit.contradict', target: 'changed' })).text, 'it saw other rows than these')
    assert.equal(subjectOf(row({ verb: 'audit.contradict', target: 'new-wind' })).text, 'new-wind')
  })

  it('why a host was quarantined has words for each reason that the hub writes', () => {
    const source = readFileSync(join(hub, 'fleet/copies.ts'), 'utf8')
    const reasons = [...source.matchAll(/quarantine\(deps, known, ip, '([^']+)'\)/g)].map(([, why]) => why!)
    assert.equal(reasons.length, 2)
    for (const target of reasons) assert.notEqual(subjectOf(row({ verb: 'host.quarantine', target })).text, target)
  })

  it('what was done is found by the words it is called in the language chosen', async () => {
    await chooseLanguage('fr')
    assert.equal(verbWords('container.save_log'), 'Enregistrer un journal')
    assert.deepEqual(verbsCalled('un Journal'), ['container.save_log'])
    await chooseLanguage('en')
    assert.deepEqual(verbsCalled('save a'), ['container.save_log'])
    assert.deepEqual(verbsCalled(' '), [])
    assert.equal(verbWords('stack.deploy'), 'stack.deploy')
  })

  it('a thing is told by its name, and leads to its page while there is one', () => {
    assert.deepEqual(subjectOf(row({ targetName: 'shop-web' })), { text: 'shop-web', href: `/containers/h1/${id}` })
    assert.deepEqual(subjectOf(row({ targetName: 'shop-web', verb: 'container.remove' })), { text: 'shop-web' })
    assert.equal(subjectOf(row({})).text, id.slice(0, 12))
  })

  it('an id of which nobody knows the name is not shown where the verb says enough', async () => {
    assert.deepEqual(subjectOf(row({ verb: 'terminal.attach', target: '3f9a'.repeat(8) })), { text: '' })
    assert.deepEqual(subjectOf(row({ verb: 'host.invite-cancel', target: '0b9c2f7e-1111-4222-8333-444455556666' })), { text: '' })
    assert.deepEqual(subjectOf(row({ verb: 'host.enrol', target: 'cCmmXwi4OzNI' })), { text: '' })
    assert.deepEqual(subjectOf(row({ verb: 'terminal.open', targetName: 'web' })), { text: 'web' })
    assert.deepEqual(subjectOf(row({ verb: 'host.update', target: 'web-1' })), { text: '' })
    assert.deepEqual(subjectOf(row({ verb: 'host.update', target: 'web-2' })), { text: 'web-2' })
    await chooseLanguage('en')
    assert.deepEqual(subjectOf(row({ verb: 'host.quarantine', target: 'online twice' })), { text: 'two agents had its key at once' })
  })
})
