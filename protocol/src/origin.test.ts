import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { originFault } from './origin.ts'

describe('an address of the hub', () => {
  for (const [text, fault] of [
    ['https://hub.example:8443', undefined],
    ['https://192.0.2.1', undefined],
    ['https://[2001:db8::1]:8443', undefined],
    ['http://localhost:8080', undefined],
    ['http://127.0.0.1:8080', undefined],
    ['http://127.1', undefined],
    ['http://[::1]:8080', undefined],
    ['http://hub.example', 'http'],
    ['http://192.0.2.1:8080', 'http'],
    ['http://0.0.0.0:8080', 'http'],
    ['http://localhost.example', 'http'],
    ['http://127.0.0.1.example', 'http'],
    ['http://[::ffff:192.0.2.1]', 'http'],
    ['ws://hub.example', 'form'],
    ['https://user@hub.example', 'form'],
    ['https://hub.example:port', 'form'],
    ['hub.example:8443', 'form'],
    ["https://hub.example$(id)'", 'form'],
  ] as const)
    it(`${fault === undefined ? 'may be' : `may not, for its ${fault}, be`} ${text}`, () => assert.equal(originFault(text), fault))
})
