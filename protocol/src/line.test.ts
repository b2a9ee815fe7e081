import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jsonLine } from './line.ts'

describe('a line of a log', () => {
  it('is one line without any control, whatever names of hosts, containers and people are in it, and says all of them [security 138]', () => {
    for (let code = 0; code <= 0xffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue
      const name = `a${String.fromCharCode(code)}b`
      const line = jsonLine({ host: name, message: name })
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/, code.toString(16))
      assert.equal((JSON.parse(line) as { host: string }).host, name)
    }
  })

  it('is not broken by halves of letters and by what a terminal calls a command', () => {
    for (const name of ['\ud800', '\u001b]0;owned\u0007', '\r\n{"level":"error"}', '\u009b31m'])
      assert.equal(jsonLine({ name }).split(/[\r\n]/).length, 1)
  })
})
