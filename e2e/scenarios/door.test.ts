import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { invite } from '../fleet/console.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'

const places = 200

describe('the door of a hub, every place at it taken by one who says nothing', () => {
  let owned: OwnedHub
  before(async () => {
    owned = await startOwnedHub()
  })
  after(() => owned?.stop())

  // Two hundred silent links, opened again as soon as they were closed, kept every host out for as long as they went on.
  it('lets a host in that comes from another address, and hears those out who are there', { timeout: 120_000 }, async () => {
    const crowd = await standAtTheDoor(owned.hub.httpsPort, '127.0.0.2', places + 50)
    let agent: AgentProcess | undefined
    try {
      agent = await startAgent(await invite(owned.owner, owned.address), '/nowhere/engine.sock', { name: 'honest' })
      const online = async () => (await owned.owner.ask('GET', '/api/v1/hosts')).text.includes('"online":true')
      await until(online)
      assert.ok(crowd.refused() > 0, 'the door was never full')
    } finally {
      crowd.leave()
      await agent?.stop()
    }
  })
})

/** Silent links from one address, each opened again when it is closed; resolves once the door is full of them. */
async function standAtTheDoor(port: number, localAddress: string, count: number) {
  const open = new Set<WebSocket>()
  let refused = 0
  let leaving = false
  const come = () => {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/agent`, 'fairlead.1', { rejectUnauthorized: false, localAddress })
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', (code) => {
      open.delete(socket)
      if (code === 1013) refused++
      if (!leaving) setTimeout(come, 50)
    })
  }
  for (let n = 0; n < count; n++) come()
  await until(() => refused > 0)
  return {
    refused: () => refused,
    leave() {
      leaving = true
      for (const socket of open) socket.terminate()
    },
  }
}
