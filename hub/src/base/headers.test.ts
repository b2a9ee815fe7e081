import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { createPeerReader } from './headers.ts'

function from(remoteAddress: string, forwardedFor: string, proto = 'https'): IncomingMessage {
  return { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwardedFor, 'x-forwarded-proto': proto } } as never
}

describe('who is on the other end of a connection', () => {
  const peerOf = createPeerReader(['10.0.0.0/8', '2001:db8::7'])
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['the socket’s own address when it is no trusted proxy', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['what a trusted proxy says', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['not what the visitor wrote before it', '10.0.0.1', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['the visitor behind two trusted proxies', '::ffff:10.0.0.1', '198.51.100.1, 203.0.113.9, 10.2.3.4', '203.0.113.9'],
    ['the proxy when it says nothing that is an address', '2001:db8::7', 'unknown', '2001:db8::7'],
  ]
  for (const [title, socket, forwarded, wanted] of cases)
    it(`is ${title} [security 11]`, () => assert.equal(peerOf(from(socket, forwarded)).ip, wanted))

  it('is believed to speak TLS only on a trusted proxy’s word [security 11]', () => {
    assert.equal(peerOf(from('192.0.2.1', '')).tls, false)
    assert.equal(peerOf(from('10.0.0.1', '203.0.113.9')).tls, true)
    assert.equal(peerOf(from('127.0.0.1', '203.0.113.9')).loopback, true)
    assert.equal(createPeerReader(['127.0.0.1'])(from('127.0.0.1', '203.0.113.9', 'http')).loopback, false)
  })
})
