import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logFileUrl, type Wanted } from './log-file.ts'

const nowMs = Date.UTC(2026, 10, 21, 14)
const source = { host: 'h1', id: '0123456789ab' }
const nothing: Wanted = { from: '', until: '', last: '', times: false }
const path = '/api/v1/hosts/h1/containers/0123456789ab/logs/file'

describe('the address of a whole log', () => {
  it('asks for all of it when nothing is said', () => assert.deepEqual(logFileUrl(source, nothing, nowMs), { url: path }))

  it('asks for the part that was typed', () => {
    const typed = { from: '2026-11-21 10:00Z', until: ' 2026-11-21T11:00:00Z ', last: '500', times: true }
    const [sinceMs, untilMs] = [Date.UTC(2026, 10, 21, 10), Date.UTC(2026, 10, 21, 11)]
    assert.deepEqual(logFileUrl(source, typed, nowMs), { url: `${path}?sinceMs=${sinceMs}&untilMs=${untilMs}&tail=500&timestamps=true` })
  })

  it('leads to no other place, whatever a host or a container is called', () => {
    const { url } = logFileUrl({ host: '../..', id: 'a/b?c' }, nothing, nowMs) as { url: string }
    assert.equal(url, '/api/v1/hosts/../containers/a%2Fb%3Fc/logs/file'.replace('/../', '/..%2F../'))
  })

  for (const [typed, field] of [
    [{ from: 'yesterday' }, 'from'],
    [{ until: '25:00' }, 'until'],
    [{ from: '12:00', until: '11:00' }, 'until'],
    [{ last: '0' }, 'last'],
    [{ last: '1.5' }, 'last'],
    [{ last: '1000001' }, 'last'],
    [{ last: 'many' }, 'last'],
  ] as const)
    it(`says what is wrong with ${JSON.stringify(typed)}`, () => {
      const found = logFileUrl(source, { ...nothing, ...typed }, nowMs)
      assert.equal('field' in found ? found.field : '', field)
    })
})
