import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { openFaultProxy } from './faultproxy.ts'

describe('the fault proxy', () => {
  let server: Server
  const target = { host: '127.0.0.1', port: 0 }
  before(async () => {
    server = createServer({ noDelay: true }, (socket) => socket.on('error', () => undefined).pipe(socket))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    target.port = (server.address() as AddressInfo).port
  })
  after(() => server.close())

  it('keeps every byte in order through a narrow, long link', async () => {
    const proxy = await openFaultProxy(target, { bytesPerSecond: 4_000_000, delayMs: 10 })
    const sent = randomBytes(1_000_000)
    const got = await echo(proxy.port, sent)
    assert.equal(hash(got), hash(sent))
    await proxy.close()
  })

  it('delays by what it was told, both ways', async () => {
    const proxy = await openFaultProxy(target, { delayMs: 40 })
    const start = performance.now()
    await echo(proxy.port, Buffer.from('x'))
    assert.ok(performance.now() - start >= 79)
    await proxy.close()
  })

  it('flips one bit per so many bytes towards the target', async () => {
    const proxy = await openFaultProxy(target, { flipEveryBytes: 1000 })
    const sent = Buffer.alloc(10_500)
    const got = await echo(proxy.port, sent)
    assert.equal(got.filter((byte) => byte !== 0).length, 10)
    await proxy.close()
  })

  it('cuts with a reset', async () => {
    const proxy = await openFaultProxy(target)
    const socket = connect(proxy.port, '127.0.0.1')
    socket.write('x')
    await once(socket, 'data')
    proxy.cut('reset')
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'ECONNRESET')
    await proxy.close()
  })
})

async function echo(port: number, data: Buffer): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.write(data)
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of socket) {
    parts.push(part as Buffer)
    bytes += (part as Buffer).length
    if (bytes >= data.length) break
  }
  return Buffer.concat(parts)
}

function hash(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
