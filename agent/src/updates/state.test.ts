import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { LocalNews } from '../journal/entry.ts'
import { version } from '../version.ts'
import { readTaken, type Release } from './memory.ts'
import type { Own } from './own.ts'
import { programsDir, readSlots, writeSlots } from './slots.ts'
import { openState } from './state.ts'

const fresh = 'b'.repeat(64)
const release: Release = { version: '9.9.9', counter: 7, sha256: fresh, bytes: 10, expiresMs: Date.now() + 1000 }

describe('what a host keeps of its updates', () => {
  let stateDir: string
  let notes: LocalNews[]
  let events: HostEvent[]
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'fairlead-updates-'))
    notes = []
    events = []
  })
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }))

  /** An agent that was just started from there. */
  const begin = (slot: string | undefined, more: Partial<Own> = {}) =>
    openState({
      stateDir,
      own: {
        kind: 'program',
        target: 'fairlead-agent-linux-x64',
        file: slot === undefined ? '/opt/fairlead/agent' : join(programsDir(stateDir), slot),
        problem: '',
        ...more,
      },
      say: () => undefined,
      note: (news) => void notes.push(news),
      tell: (event) => void events.push(event),
    })
  const put = (name: string) => writeFileSync(join(programsDir(stateDir), name), name)
  /** From installed to `fresh`, as far as the starter. */
  const toTry = () => {
    const first = begin(undefined)
    first.knowOwn('a'.repeat(64))
    first.keepReady(fresh, release)
    put(fresh)
    first.startNext(fresh)
    return first
  }

  it('is tried, kept once it logged in, and says so once', () => {
    assert.equal(toTry().view().phase, 'trying')
    put('leftover')
    assert.deepEqual(readSlots(stateDir), { now: 'installed', before: '', next: fresh })
    const next = begin(fresh)
    assert.equal(next.view().phase, 'trying')
    next.loggedIn()
    next.loggedIn()
    const { phase, sha256, counter, before, problem } = next.view()
    assert.deepEqual({ phase, sha256, counter, problem }, { phase: 'kept', sha256: fresh, counter: 7, problem: '' })
    assert.deepEqual(before, { version, sha256: 'a'.repeat(64) })
    assert.deepEqual(readSlots(stateDir), { now: fresh, before: 'installed', next: '' })
    assert.deepEqual(readdirSync(programsDir(stateDir)).sort(), [fresh, 'memory.json', 'slots'])
    assert.deepEqual(
      notes.map(({ verb, outcome }) => `${verb} ${outcome}`),
      ['update_kept ok'],
    )
    assert.deepEqual(
      events.map(({ action }) => action),
      ['updated'],
    )
    assert.equal(begin(fresh).view().phase, 'kept')
  })

  it('says once why it went back, and goes on to know the highest that it took [security 144]', () => {
    toTry()
    writeSlots(stateDir, { now: 'installed', before: '', next: '' })
    writeFileSync(join(programsDir(stateDir), 'returned'), `${fresh} It ended with 3 before it had logged in.\n`)
    for (let start = 0; start < 2; start++) {
      const { phase, next, problem, counter } = begin(undefined).view()
      assert.deepEqual({ phase, problem, counter }, { phase: 'returned', problem: 'It ended with 3 before it had logged in.', counter: 7 })
      assert.equal(next?.version, '9.9.9')
    }
    assert.deepEqual(
      notes.map(({ verb, outcome, targetName }) => `${verb} ${outcome} ${targetName}`),
      ['update_returned failed 9.9.9'],
    )
    rmSync(programsDir(stateDir), { recursive: true })
    assert.deepEqual(readTaken(stateDir), { counter: 7, sha256: fresh })
    assert.equal(begin(undefined).view().counter, 7)
  })

  it('begins nothing that its starter did not take up', () => {
    toTry()
    assert.equal(begin(undefined).view().phase, 'idle')
    assert.equal(readSlots(stateDir).next, '')
  })

  it('keeps nothing that does not run from there, and nothing at all for who is updated otherwise', () => {
    toTry()
    begin(undefined, { target: null, kind: 'image', problem: 'pull' }).loggedIn()
    assert.equal(readSlots(stateDir).next, fresh)
    const { kind, problem } = begin(undefined, { target: null, kind: 'image', problem: 'pull' }).view()
    assert.deepEqual({ kind, problem }, { kind: 'image', problem: 'pull' })
  })

  it('is what it was or what it is to be, wherever its disk stops: each file left out or torn [security 144]', () => {
    toTry()
    const whole = `${stateDir}-whole`
    cpSync(stateDir, whole, { recursive: true })
    const files = ['taken.json', 'programs/memory.json', 'programs/slots']
    for (const file of files)
      for (const spoil of [
        () => rmSync(join(stateDir, file)),
        () => writeFileSync(join(stateDir, file), '{"n'),
        () => writeFileSync(join(stateDir, file), ''),
      ]) {
        spoil()
        for (const slot of [undefined, fresh]) {
          const state = begin(slot)
          state.loggedIn()
          assert.ok(['idle', 'kept', 'trying', 'returned'].includes(state.view().phase), `${file} ${slot}`)
          const { now, next } = readSlots(stateDir)
          for (const named of [now, next]) assert.ok(['installed', fresh, ''].includes(named), `${file} ${named}`)
        }
        rmSync(stateDir, { recursive: true })
        cpSync(whole, stateDir, { recursive: true })
      }
    rmSync(whole, { recursive: true })
  })
})
