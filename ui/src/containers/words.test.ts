import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { chooseLanguage } from '../i18n/i18n.ts'
import { sinceWords, stateWord, stateWords, statusWord } from './words.ts'

const hourMs = 3_600_000
const told = (status: string, ageMs: number, facts = {}, detail = 'in the engine’s words') => ({
  status,
  detail,
  facts,
  sinceMs: ageMs < 0 ? 0 : Date.now() - ageMs,
})

describe('the words of a container’s state', () => {
  beforeEach(async () => {
    Object.assign(globalThis, {
      localStorage: { getItem: () => null, setItem: () => undefined },
      document: { documentElement: {}, addEventListener: () => undefined },
    })
    await chooseLanguage('en')
  })
  afterEach(() => {
    mock.timers.reset()
    Reflect.deleteProperty(globalThis, 'document')
    Reflect.deleteProperty(globalThis, 'localStorage')
  })

  it('say for how long, how well and with which exit code', () => {
    assert.equal(stateWords(told('running', 3 * hourMs, { health: 'unhealthy' })), 'up 3h · unhealthy')
    assert.equal(stateWords(told('exited', 2 * hourMs, { exitCode: 3 })), '2h ago · exit code 3')
    assert.equal(stateWords(told('restarting', 4000, { exitCode: 1 })), 'exit code 1, 4s ago; starting again')
    assert.equal(stateWords(told('created', 4000)), 'never started')
    assert.equal(sinceWords(told('paused', 4 * 60_000)), 'up 4m')
  })

  it('call one that runs and fails its health check unhealthy', () => {
    assert.equal(stateWord(told('running', hourMs, { health: 'unhealthy' })), 'unhealthy')
    assert.equal(stateWord(told('running', hourMs, { health: 'healthy' })), 'running')
    assert.equal(stateWord(told('exited', hourMs, { health: 'unhealthy' })), 'exited')
  })

  it('of a host that is away say how long it was up when it was last seen, and how long ago it ended', () => {
    const staleMs = Date.now() - 2 * hourMs
    assert.equal(sinceWords({ ...told('running', 5 * hourMs), staleMs }), 'up 3h')
    assert.equal(sinceWords({ ...told('exited', 5 * hourMs), staleMs }), '5h ago')
  })

  it('are French in French', async () => {
    await chooseLanguage('fr')
    assert.equal(statusWord('running'), 'en marche')
    assert.match(stateWords(told('exited', 2 * hourMs, { exitCode: 3, health: 'healthy' })), /^il y a 2\s?h · code de sortie 3 · sain$/)
  })

  it('are the engine’s own where nothing else is known, and a word nobody knows stays as it is', () => {
    assert.equal(stateWords(told('wobbling', -1)), 'in the engine’s words')
    assert.equal(statusWord('wobbling'), 'wobbling')
    assert.equal(statusWord('__proto__'), '__proto__')
  })

  it('grow with the time: they are never what they were when they were read', () => {
    mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 21) })
    const row = told('running', 2 * 60_000)
    assert.equal(sinceWords(row), 'up 2m')
    mock.timers.setTime(Date.UTC(2026, 10, 21, 5))
    assert.equal(sinceWords(row), 'up 5h')
  })
})
