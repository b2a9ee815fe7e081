import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { codeOf, FairleadError, isCode } from '@fairlead/protocol/errors.ts'

const localSocket = (stateDir: string) => join(stateDir, 'agent.sock')

/** What the emergency CLI may ask of the agent that runs. It shows, and looks again at what root wrote; it changes nothing itself. */
export type LocalAnswers = Readonly<Record<string, () => unknown>>

const mostAskedBytes = 256
const mostAnsweredBytes = 1024 * 1024
const mostClients = 16
const idleMs = 5000

/** One line asks, one line answers, for whoever may enter the state directory: root, and the agent's own account. */
export async function openLocal(stateDir: string, answers: LocalAnswers): Promise<{ close(): void }> {
  const path = localSocket(stateDir)
  if (await isAnswered(path)) throw new FairleadError('conflict', `Another agent runs with ${stateDir}.`)
  rmSync(path, { force: true })
  const server = createServer((socket) => serve(socket, answers))
  server.maxConnections = mostClients
  await listen(server, path)
  chmodSync(path, 0o600)
  server.unref()
  return {
    close() {
      server.close()
      rmSync(path, { force: true })
    },
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Nobody else between its making and its mode.
    const before = process.umask(0o177)
    server.listen(path, () => {
      server.removeListener('error', reject)
      server.on('error', () => undefined)
      resolve()
    })
    process.umask(before)
  })
}

function serve(socket: Socket, answers: LocalAnswers): void {
  let heard = ''
  socket.on('error', () => undefined)
  socket.setTimeout(idleMs, () => socket.destroy())
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    heard += text
    const end = heard.indexOf('\n')
    if (heard.length > mostAskedBytes) return void socket.destroy()
    if (end < 0) return
    socket.removeAllListeners('data')
    void answer(answers, heard.slice(0, end)).then((said) => socket.end(`${JSON.stringify(said)}\n`))
  })
}

async function answer(answers: LocalAnswers, asked: string): Promise<object> {
  try {
    if (!Object.hasOwn(answers, asked))
      throw new FairleadError('unsupported', `The agent that runs does not know "${asked}"; it may be an older one: restart it.`)
    return { ok: (await answers[asked]!()) ?? null }
  } catch (error) {
    return { error: { code: codeOf(error), message: error instanceof Error ? error.message : String(error) } }
  }
}

/** Throws `host_offline` when no agent runs here. */
export function askAgent<T>(stateDir: string, asked: string, timeoutMs = 3000): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = connect(localSocket(stateDir))
    let heard = ''
    const fail = (code: 'host_offline' | 'deadline_exceeded' | 'forbidden', message: string, cause?: unknown) => {
      socket.destroy()
      reject(new FairleadError(code, message, { cause }))
    }
    socket.setTimeout(timeoutMs, () =>
      fail('deadline_exceeded', 'The agent runs and does not answer; restart it: systemctl restart fairlead-agent'),
    )
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EACCES'
        ? fail('forbidden', 'The agent answers root alone; run this with sudo.', error)
        : fail('host_offline', 'The agent does not run; start it: systemctl start fairlead-agent', error),
    )
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${asked}\n`))
    socket.on('data', (text: string) => {
      heard += text
      if (heard.length > mostAnsweredBytes) fail('deadline_exceeded', 'The agent says too much.')
    })
    socket.on('end', () => {
      try {
        const { ok, error } = JSON.parse(heard) as { ok?: T; error?: { code: string; message: string } }
        if (error === undefined) return resolve(ok as T)
        reject(new FairleadError(isCode(error.code) ? error.code : 'internal', error.message))
      } catch (cause) {
        fail('host_offline', 'The agent ended while it was asked.', cause)
      }
    })
  })
}

const otherMs = 10_000
const againMs = 200

/** The one before may be on its way out. Two that are online with one key are a machine and its copy to the hub, and neither is let in. */
export async function waitForOther(stateDir: string): Promise<void> {
  for (let waitedMs = 0; await isAnswered(localSocket(stateDir)); waitedMs += againMs) {
    if (waitedMs >= otherMs)
      throw new FairleadError('conflict', `Another agent runs with ${stateDir}; end it, or give this one a folder of its own.`)
    await new Promise((resolve) => setTimeout(resolve, againMs))
  }
}

async function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
