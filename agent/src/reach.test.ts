import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { reach, socketOf } from './reach.ts'

const forever = new AbortController().signal
const unused = () => assert.fail('it is not slow')

// The doctor asked for a proxy at https on port 80.
describe('where a URL leads to', () => {
  it('is an address without brackets, and the port that is said or usual', () => {
    const where: Record<string, [string, number]> = {
      'https://hub.example': ['hub.example', 443],
      'wss://hub.example/agent': ['hub.example', 443],
      'http://hub.example': ['hub.example', 80],
      'ws://[2001:db8::1]': ['2001:db8::1', 80],
      'https://[2001:db8::1]:8443': ['2001:db8::1', 8443],
      'http://proxy.example:3128': ['proxy.example', 3128],
    }
    for (const [url, [host, port]] of Object.entries(where)) assert.deepEqual(socketOf(new URL(url)), { host, port }, url)
  })
})

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
