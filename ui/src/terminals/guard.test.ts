import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkPaste, parseOsc52, withCtrl } from './guard.ts'
import { parseTabs } from './address.ts'

describe('what comes into a terminal from outside', () => {
  it('shows a paste that would run at once, and no other [security 90]', () => {
    assert.equal(checkPaste('ls -la').ask, false)
    assert.equal(checkPaste('ls -la\n').ask, true)
    assert.equal(checkPaste('a\r\nb\rc').lines, 3)
    assert.equal(checkPaste('tab\tstays').text, 'tab\tstays')
  })

  it('takes orders to the shell out of a paste, and says so [security 90]', () => {
    const { text, ask, taken } = checkPaste('echo\u001B[201~ hi\u0003\u009B')
    assert.deepEqual([text, ask, taken], ['echo[201~ hi', true, 3])
    assert.equal(checkPaste('x'.repeat(1_000_000)).text.length, 100_000)
  })

  it('knows a wish to read the clipboard from one to write it, and takes nothing else [security 90]', () => {
    assert.deepEqual(parseOsc52('c;?'), { kind: 'read', text: '' })
    assert.deepEqual(parseOsc52(`c;${btoa('hi')}`), { kind: 'write', text: 'hi' })
    for (const bad of ['c', 'c;', 'c;***', `c;${btoa('\u00FF\u00FE')}`, `c;${'A'.repeat(200_000)}`])
      assert.equal(parseOsc52(bad), undefined)
  })

  it('makes control keys of letters, and of nothing that has none', () => {
    assert.deepEqual([withCtrl('c'), withCtrl('C'), withCtrl('['), withCtrl(' ')], ['\u0003', '\u0003', '\u001B', '\u0000'])
    assert.deepEqual([withCtrl('é'), withCtrl('1'), withCtrl('ab')], [undefined, undefined, undefined])
  })

  it('takes terminals out of an address, and names what is none', () => {
    const id = 'a'.repeat(32)
    assert.deepEqual(parseTabs(`h1/${id},h1/${id},../x,h2/short`), { tabs: [`h1/${id}`], bad: ['../x', 'h2/short'] })
  })
})
