import { chmodSync, closeSync, constants, existsSync, openSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { codeOf, FairleadError, isCode } from '@fairlead/protocol/errors.ts'

// What commands on the hub's own machine ask the hub that runs: one line of JSON each way, over a socket in the data folder that the hub's
// own account alone may open. Whoever may has the folder, and so the hub's key, anyway.

type ControlHandlers = Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => Promise<unknown>>>

const name = 'control.sock'
const mostBytes = 64 * 1024
const askMs = 120_000

interface Control {
  close(): void
}

/** Called by whoever holds the folder: what a killed hub left there is nobody's. */
export async function openControl(dataDir: string, handlers: ControlHandlers): Promise<Control> {
  // Through the folder's descriptor: a socket's whole path may have 107 bytes only.
  const fd = openSync(dataDir, constants.O_RDONLY | constants.O_DIRECTORY)
  const path = `/proc/self/fd/${fd}/${name}`
  rmSync(path, { force: true })
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => open.delete(socket))
    void serve(socket, handlers)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  chmodSync(path, 0o600)
  server.unref()
  return {
    close() {
      for (const socket of open) socket.destroy()
      server.close()
      closeSync(fd)
    },
  }
}

async function serve(socket: Socket, handlers: ControlHandlers): Promise<void> {
  try {
    const asked = JSON.parse(await readAll(socket)) as { method?: unknown; input?: unknown }
    const method = String(asked.method)
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined
    if (handler === undefined)
      throw new FairleadError('unsupported', `The hub that runs does not know "${method}"; it is another version than this command.`)
    socket.end(JSON.stringify({ result: (await handler((asked.input ?? {}) as Record<string, unknown>)) ?? null }))
  } catch (error) {
    const message = error instanceof FairleadError ? error.message : 'Something went wrong in the hub; its log has the reason.'
    socket.end(JSON.stringify({ error: { code: codeOf(error), message } }))
  }
}

function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let bytes = 0
    socket.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes > mostBytes) reject(new FairleadError('too_large', 'A question of a command has 64 KiB at most.'))
      else parts.push(part)
    })
    socket.once('end', () => resolve(Buffer.concat(parts).toString('utf8')))
    socket.once('close', () => reject(new FairleadError('lost', 'The hub ended, or did not answer in time; see its log.')))
  })
}

/** Asks the hub that runs on this folder; undefined: none does. Throws what it answered. */
export async function askHub(dataDir: string, method: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  if (!existsSync(join(dataDir, name))) return undefined
  const fd = openSync(dataDir, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const socket = connect(`/proc/self/fd/${fd}/${name}`)
    const connected = await new Promise<boolean>((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    )
    // A hub that was killed leaves its socket, which answers nobody.
    if (!connected) return undefined
    socket.on('error', () => undefined)
    socket.setTimeout(askMs, () => socket.destroy())
    socket.end(JSON.stringify({ method, input }))
    const { result, error } = JSON.parse(await readAll(socket)) as { result?: unknown; error?: { code: string; message: string } }
    if (error !== undefined) throw new FairleadError(isCode(error.code) ? error.code : 'internal', error.message)
    return result ?? null
  } finally {
    closeSync(fd)
  }
}
