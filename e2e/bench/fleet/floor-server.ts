// The process behind `measureFloor`: takes WebSockets and what they say, and does nothing with it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { answerParent } from '../measure/ask.ts'

const server = createServer()
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => void socket.on('message', () => undefined))

answerParent({
  listen: () => new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))),
})
