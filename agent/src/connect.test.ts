import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { WebSocketServer } from 'ws'
import { respond } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { createResumeStore } from '@fairlead/protocol/wire/resume.ts'
import { openSession, type Session } from '@fairlead/protocol/wire/session.ts'
import { overWs } from '@fairlead/protocol/wire/ws.ts'
import { createHomeTimer, keepConnected, type KeptLink } from './connect.ts'
import { makeHello } from './dial.ts'

const suite = nodeSuite(crypto)
const draw = (): Identity => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
  return { privateKey, publicKey: rawPublicKey(publicKey) }
}
const [hub, stranger, agent] = [draw(), draw(), draw()]

/** Where the hub listens, or somebody else; links of one host take each other's place, as they do at a hub. */
async function openDoor(identity: Identity, live: { session?: Session; replaced: number }, port = 0) {
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'fairlead.1' })
  const heard: string[] = []
  sockets.on('connection', async (socket) => {
    const secured = await respond(overWs(socket), { suite, clock: systemClock, identity }).catch(() => undefined)
    heard.push(secured === undefined ? 'left' : 'came')
    if (secured === undefined) return
    const welcome = { v: 1, host: 'h', organization: 'o', heartbeatMs: 10_000, resumeForMs: 60_000, smearMs: 100, nowMs: 0 }
    secured.transport.send(encodeValue(welcome))
    const before = live.session
    live.session = openSession(secured.transport, { side: 'hub', codec: msgpackCodec, clock: systemClock, onOpen: () => undefined })
    if (before?.alive === true) live.replaced++
    before?.close(1000, 'replaced')
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const own = (server.address() as AddressInfo).port
  return {
    port: own,
    address: `http://127.0.0.1:${own}`,
    heard,
    async close() {
      for (const client of sockets.clients) client.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}

type Door = Awaited<ReturnType<typeof openDoor>>

describe('a host that knows several addresses of its hub', () => {
  let live: { session?: Session; replaced: number }
  let doors: Door[]
  let kept: KeptLink | undefined
  let told: string[]
  let wake: () => void
  const open = async (identity: Identity, port?: number) => {
    const door = await openDoor(identity, live, port)
    doors.push(door)
    return door
  }
  const start = (addresses: readonly string[], homeMs = 3_600_000) => {
    kept = keepConnected({
      hub: () => ({ addresses, key: hub.publicKey }),
      identity: agent,
      hello: () => makeHello({ version: '0', bootId: 'boot', features: [], name: 'test' }),
      onOpen: () => undefined,
      resumeStore: createResumeStore(),
      onLink: () => say('up'),
      onLoss: say,
      random: () => 0,
      homeMs,
    })
    return kept
  }
  const say = (what: string) => {
    told.push(what)
    wake()
  }
  /** Resolves with what was said first that fits. */
  async function heardOf(what: RegExp): Promise<string> {
    for (;;) {
      const found = told.findIndex((one) => what.test(one))
      if (found >= 0) return told.splice(0, found + 1).at(-1)!
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  beforeEach(() => {
    live = { replaced: 0 }
    doors = []
    told = []
    wake = () => undefined
  })
  afterEach(async () => {
    kept?.stop()
    for (const door of doors) await door.close().catch(() => undefined)
  })

  it('tries the first three times, passes by whoever does not hold the pinned key, and links over the next', async () => {
    const [impostor, second] = [await open(stranger), await open(hub)]
    const link = start(['http://127.0.0.1:1', impostor.address, second.address])
    await heardOf(/^up/)
    const { address, up } = link.describe()
    assert.deepEqual([address, up], [second.address, true])
    assert.deepEqual([impostor.heard, second.heard], [['left'], ['came']])
  })

  it('says why it passes by', async () => {
    const impostor = await open(stranger)
    start(['http://127.0.0.1:1', impostor.address])
    for (let times = 0; times < 3; times++) await heardOf(/Nothing listens at 127\.0\.0\.1:1/)
    await heardOf(/does not hold the key that was pinned/)
    await heardOf(/Nothing listens/)
  })

  it('goes back to the first when that is there again, by a second link beside the one that works', async () => {
    const first = await open(hub)
    const second = await open(hub)
    await first.close()
    const link = start([first.address, second.address], 20)
    await heardOf(/^up/)
    assert.equal(link.describe().address, second.address)
    told = []
    await open(hub, first.port)
    await heardOf(/^up/)
    assert.equal(link.describe().address, first.address)
    assert.equal(live.replaced, 1)
    // It was never without one: the hub ended the old link when it had the new one.
    assert.deepEqual(told, [])
  })

  it('stays where it is while the first is somebody else’s', async () => {
    const second = await open(hub)
    const impostor = await open(stranger)
    const link = start([impostor.address, second.address], 20)
    await heardOf(/^up/)
    told = []
    while (impostor.heard.length < 6) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(told, [])
    assert.deepEqual([link.describe().address, link.describe().up], [second.address, true])
  })

  it('goes back ever more seldom to a first address that does not last, an hour at most, and as soon as at first once it did', () => {
    const waits: number[] = []
    const timer = createHomeTimer(
      300_000,
      () => 0.5,
      (ms) => {
        waits.push(ms / 60_000)
        return () => undefined
      },
    )
    for (let times = 0; times < 6; times++) timer.start(async () => undefined)
    timer.settled()
    timer.start(async () => undefined)
    assert.deepEqual(waits, [5, 10, 20, 40, 60, 60, 5])
  })
})
