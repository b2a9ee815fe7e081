import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { cutAll } from './cut.ts'

export interface Faults {
  /** One way, ms. */
  delayMs: number
  /** 0: as fast as it goes. Each way has its own bucket. */
  bytesPerSecond: number
  /** Swallows everything in this direction; the connection stays open. */
  blackhole: 'none' | 'up' | 'down' | 'both'
  /** Flips one bit in every so many bytes towards the hub; 0: none. */
  flipEveryBytes: number
}

/** A TCP relay that misbehaves on command: links of any length and width, cuts, stalls, flipped bytes. */
export interface FaultProxy {
  readonly port: number
  readonly faults: Faults
  readonly accepted: number
  /** Bytes relayed so far, towards the target and back. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** Ends every connection: with a reset, or with an orderly end. */
  cut(how?: 'reset' | 'end'): void
  close(): Promise<void>
}

/** What waits in one direction of the link, as the buffer of a router would. */
const queueBytes = 64 * 1024

export async function openFaultProxy(target: { host: string; port: number }, initial: Partial<Faults> = {}): Promise<FaultProxy> {
  const faults: Faults = { delayMs: 0, bytesPerSecond: 0, blackhole: 'none', flipEveryBytes: 0, ...initial }
  const state = { accepted: 0, bytesUp: 0, bytesDown: 0 }
  const open = new Set<Socket>()

  const server = createServer({ noDelay: true }, (near) => {
    state.accepted++
    const far = connect({ ...target, noDelay: true })
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        open.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    relay(near, far, faults, 'up', (bytes) => (state.bytesUp += bytes))
    relay(far, near, faults, 'down', (bytes) => (state.bytesDown += bytes))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))

  const cut = (how: 'reset' | 'end' = 'reset') => {
    if (how === 'reset') return cutAll(open)
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    faults,
    get accepted() {
      return state.accepted
    },
    get bytesUp() {
      return state.bytesUp
    },
    get bytesDown() {
      return state.bytesDown
    },
    cut,
    close() {
      cut()
      return new Promise((done) => server.close(() => done()))
    },
  }
}

/** Moves bytes one way through a token bucket and a delay line, in order; stops reading when the router's queue is full. */
function relay(from: Socket, to: Socket, faults: Faults, way: 'up' | 'down', count: (bytes: number) => void): void {
  const line: { readonly dueAt: number; readonly data: Buffer }[] = []
  let waiting = 0
  let freeAt = 0
  let sinceFlip = 0
  let timer: NodeJS.Timeout | undefined

  const pump = () => {
    timer = undefined
    const now = performance.now()
    while (line.length > 0 && line[0]!.dueAt <= now + 0.2) {
      const { data } = line.shift()!
      waiting -= data.length
      if (!to.destroyed && !to.write(data)) pauseUntilDrained(from, to)
    }
    if (from.isPaused() && !to.writableNeedDrain && waiting < queueBytes) from.resume()
    if (line.length > 0) timer = setTimeout(pump, Math.max(0, line[0]!.dueAt - now))
  }

  from.on('data', (data: Buffer) => {
    if (faults.blackhole === 'both' || faults.blackhole === way) return
    count(data.length)
    if (faults.flipEveryBytes > 0 && way === 'up') sinceFlip = flip(data, sinceFlip, faults.flipEveryBytes)
    const now = performance.now()
    // A link passes packets, not reads of 64 KiB: what arrives is cut into what the link carries in a millisecond.
    const most = faults.bytesPerSecond > 0 ? Math.max(1448, Math.floor(faults.bytesPerSecond / 1000)) : data.length
    for (let at = 0; at < data.length; at += most) {
      const piece = data.subarray(at, at + most)
      freeAt = Math.max(freeAt, now) + (faults.bytesPerSecond > 0 ? (piece.length / faults.bytesPerSecond) * 1000 : 0)
      line.push({ dueAt: freeAt + faults.delayMs, data: piece })
    }
    waiting += data.length
    // On the cable itself fits what the delay holds; beyond that the router's queue fills and the sender must wait.
    if (waiting > queueBytes + (faults.bytesPerSecond * faults.delayMs) / 1000 && faults.bytesPerSecond > 0) from.pause()
    if (timer === undefined) pump()
  })
  from.on('end', () => {
    const finish = () => (line.length === 0 ? void to.end() : void setTimeout(finish, 5))
    finish()
  })
}

function pauseUntilDrained(from: Socket, to: Socket): void {
  from.pause()
  to.once('drain', () => from.resume())
}

function flip(data: Buffer, since: number, every: number): number {
  for (let at = every - since; at < data.length; at += every) data[at]! ^= 0x10
  return (since + data.length) % every
}
