import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { createResumeStore } from '@fairlead/protocol/wire/resume.ts'
import { dial, makeHello } from './dial.ts'

const webSocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

describe('dialling the hub', () => {
  // It was lost then, and the handshake waited for it until its time ran out.
  it('hears a greeting that comes in one piece with the upgrade', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const heard = Promise.withResolvers<Buffer | undefined>()
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      let upgraded = false
      socket.on('error', () => undefined)
      socket.on('close', () => heard.resolve(undefined))
      socket.on('data', (data: Buffer) => {
        if (upgraded) return heard.resolve(data)
        upgraded = true
        socket.write(Buffer.concat([upgradeAnswer(data.toString('latin1')), Buffer.of(0x82, 32), Buffer.alloc(32, 7)]))
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const dialled = dial({
      address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      hubKey: rawPublicKey(publicKey),
      identity: { privateKey, publicKey: rawPublicKey(publicKey) },
      hello: makeHello({ version: '0.1.0', bootId: 'boot', features: [], name: 'test' }),
      onOpen: () => undefined,
      onClose: () => undefined,
      resumeStore: createResumeStore(),
    })
    dialled.catch(() => undefined)
    // The agent's first message of the handshake: FIN and binary, its length, and the mask that costs nothing. One that heard
    // nothing would say its first word, a close, after five seconds.
    const frame = await heard.promise
    assert.equal(frame?.[0], 0x82)
    assert.deepEqual([...frame.subarray(2, 6)], [0, 0, 0, 0])
    for (const socket of sockets) socket.destroy()
    await assert.rejects(dialled)
    server.close()
  })
})

function upgradeAnswer(request: string): Buffer {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(request)![1]!
  const accept = createHash('sha1')
    .update(key + webSocketGuid)
    .digest('base64')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Protocol: fairlead.1']
  return Buffer.from(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`, 'latin1')
}
