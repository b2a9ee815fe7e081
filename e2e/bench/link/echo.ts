import type { LiveHost } from '@fairlead/hub/fleet/fleet.ts'
import { sleep } from '../measure/numbers.ts'
import type { Direct } from './direct.ts'

/** A shell's echo: every byte that goes in comes out once. */
interface Echo {
  /** ms until the key that was sent came back. */
  type(): Promise<number>
  close(): void
}

const command = ['/bin/sh', '-c', 'stty raw -echo; echo ready; exec cat']
const key = Buffer.from('x')
const lateMs = 20_000
const warmUp = 1000
/** A long way takes no longer to warm up for. */
const warmUpMs = 5000

export type Way = 'direct' | 'relay' | 'link'

export async function openEcho(
  way: Way,
  { host, direct, relayed, id }: { readonly host: LiveHost; readonly direct: Direct; readonly relayed: Direct; readonly id: string },
): Promise<Echo> {
  let heard = (_bytes: number): void => undefined
  let text = ''
  const ready = Promise.withResolvers<void>()
  const hear = (bytes: Uint8Array) => {
    text = (text + Buffer.from(bytes).toString('latin1')).slice(-100)
    if (text.includes('ready')) ready.resolve()
    heard(bytes.length)
  }
  const { send, close } = way === 'link' ? await overLink(host, id, hear) : await overSocket(way === 'direct' ? direct : relayed, id, hear)
  await ready.promise
  await sleep(300)
  return {
    type: () =>
      new Promise((resolve, reject) => {
        const startMs = performance.now()
        const timer = setTimeout(() => reject(new Error(`a key did not come back within ${lateMs} ms`)), lateMs)
        heard = () => {
          clearTimeout(timer)
          heard = () => undefined
          resolve(performance.now() - startMs)
        }
        send(key)
      }),
    close,
  }
}

interface Ends {
  send(bytes: Uint8Array): void
  close(): void
}

async function overLink({ clients: { terminals } }: LiveHost, id: string, hear: (bytes: Uint8Array) => void): Promise<Ends> {
  const terminal = await terminals.open({ container: id, command })
  const end = terminals.attach({ id: terminal.id })
  void (async () => {
    for await (const bytes of end) hear(bytes)
  })().catch(() => undefined)
  return {
    send: (bytes) => void end.send(bytes),
    close() {
      end.close()
      terminals.close({ id: terminal.id }).catch(() => undefined)
    },
  }
}

async function overSocket(direct: Direct, id: string, hear: (bytes: Uint8Array) => void): Promise<Ends> {
  const body = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, Cmd: command }
  const { Id } = (await direct.post(`/containers/${id}/exec`, body)) as { Id: string }
  const socket = await direct.attach(`/exec/${Id}/start`, { Detach: false, Tty: true })
  socket.on('data', hear).on('error', () => undefined)
  return { send: (bytes) => void socket.write(bytes), close: () => socket.destroy() }
}

/** Types as a person does, in turn on each; ms of every key. */
export async function timeKeys(echoes: readonly Echo[], count: number, pauseMs: number): Promise<number[][]> {
  const found: number[][] = echoes.map(() => [])
  // A hub and its agents run for weeks: what is measured is not how code runs for the first few times.
  const untilMs = performance.now() + warmUpMs
  for (let n = 0; n < warmUp && performance.now() < untilMs; n++) for (const echo of echoes) await echo.type()
  for (let n = 0; n < count; n++) {
    for (const [index, echo] of echoes.entries()) {
      found[index]!.push(await echo.type())
      await sleep(pauseMs * (0.5 + Math.random()))
    }
  }
  return found
}
