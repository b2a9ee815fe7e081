// One process of many WebSockets that say something now and then. Started by `measureFloor`.
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { answerParent } from '../measure/ask.ts'

const sockets: WebSocket[] = []

answerParent({
  async connect({ port, count, perSecond }: { port: number; count: number; perSecond: number }): Promise<void> {
    for (let i = 0; i < count; i++) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
      await once(socket, 'open')
      sockets.push(socket)
      await wait(1000 / perSecond)
    }
  },
  /** Each at its own place of every so many ms. */
  live({ bytes, everyMs }: { bytes: number; everyMs: number }): void {
    const message = new Uint8Array(bytes)
    for (const socket of sockets) setTimeout(() => setInterval(() => socket.send(message), everyMs), Math.random() * everyMs)
  },
})
