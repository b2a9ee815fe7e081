import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import type { DuplexContext } from '@fairlead/protocol/contract.ts'
import { fakeClock } from '@fairlead/protocol/wire/clock.ts'
import type { Engine } from '../docker/engine.ts'
import { serveTerminals } from './terminals.ts'

const hourMs = 3_600_000

// A day passes on a simulated clock; the engine stands in for one that answers every question. Real ones: e2e/scenarios/terminal.test.ts.
describe('a terminal that nobody watches', () => {
  it('is closed after a day, and not before; one that is watched stays', async (t) => {
    const clock = fakeClock()
    const programs: Socket[] = []
    const server = createServer((program) => programs.push(program.resume())).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      server.close()
      for (const program of programs) program.destroy()
    })
    const engine = {
      call: async () => ({ Id: 'a'.repeat(12), Name: '/web', ExitCode: null }),
      async attach() {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
        await Promise.all([once(socket, 'connect'), once(server, 'connection')])
        return socket
      },
    } as unknown as Engine
    const terminals = serveTerminals(engine, clock)
    const open = async (name: string) =>
      (await terminals.open({ container: 'web', command: ['/bin/sh'], columns: 80, rows: 24, name, user: undefined }, plain)).id
    const ids = async () => (await terminals.list({}, plain)).map(({ id }) => id)

    const [left, watched] = [await open('left'), await open('watched')]
    const viewer = terminals.attach({ id: watched, after: undefined, watch: false }, watching())[Symbol.asyncIterator]()
    viewer.next().catch(() => undefined)
    await clock.advance(24 * hourMs - 120_000)
    assert.deepEqual(await ids(), [left, watched])
    const ended = once(programs[0]!, 'end')
    await clock.advance(240_000)
    assert.deepEqual(await ids(), [watched])
    await ended
    await terminals.close({ id: watched }, plain)
  })
})

const plain = { signal: new AbortController().signal, trace: '' }

function watching(): DuplexContext<Uint8Array> {
  return {
    ...plain,
    up: new PassThrough() as unknown as AsyncIterable<Uint8Array>,
    onSignal: () => undefined,
    sendSignal: () => undefined,
    isConnected: () => true,
  }
}
