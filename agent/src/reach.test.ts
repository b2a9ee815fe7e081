import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { reach } from './reach.ts'

const forever = new AbortController().signal
const unused = () => assert.fail('it is not slow')

describe('reaching the hub’s address', () => {
  it('ends when something takes the connection', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    await reach(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, forever, unused)
    server.close()
  })

  it('ends when the connection is refused: the path is there', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    await new Promise((done) => server.close(done))
    await reach(`http://localhost:${port}`, forever, unused)
  })

  it('goes on while nothing answers, says why once, and ends when told to stop', { timeout: 20_000 }, async () => {
    const stopping = new AbortController()
    const said: string[] = []
    await reach('https://hub.invalid:8443', stopping.signal, (reason) => {
      said.push(reason)
      stopping.abort()
    })
    assert.equal(said.length, 1)
    assert.match(said[0]!, /hub\.invalid:8443/)
  })
})
