import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { browserOf } from './browser-of.ts'

const like = 'AppleWebKit/537.36 (KHTML, like Gecko)'

describe('a browser is called', () => {
  for (const [says, called] of [
    [`Mozilla/5.0 (X11; Linux x86_64) ${like} Chrome/140.0.0.0 Safari/537.36`, 'Chrome, Linux'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${like} Chrome/140.0.0.0 Safari/537.36 Edg/140.0`, 'Edge, Windows'],
    [`Mozilla/5.0 (Windows NT 10.0) ${like} Chrome/140.0.0.0 Safari/537.36 OPR/120.0`, 'Opera, Windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 (KHTML, like Gecko) Version/18.4 Safari/605', 'Safari, macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605 Version/18.4 Mobile/15E148 Safari/604', 'Safari, iPhone'],
    [`Mozilla/5.0 (Linux; Android 15) ${like} Chrome/140.0.0.0 Mobile Safari/537.36`, 'Chrome, Android'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
    ['curl/8.9.1', 'curl/8.9.1'],
    ['', ''],
  ] as const)
    it(`${called === '' ? 'nothing' : called} where it says ${says.slice(0, 40) || 'nothing'}`, () => assert.equal(browserOf(says), called))

  it('nothing that turns the text around it', () => assert.doesNotMatch(browserOf('x\u202egnp.exe'), /\u202e/))
})
