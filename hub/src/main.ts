import { codes, codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { readConfig, type Config } from './config.ts'

/** What the hub tells the program that started it, over IPC. */
export type HubMessage =
  | { readonly type: 'ready'; readonly url: string; readonly httpsPort: number; readonly firstRunCode: string }
  | { readonly type: 'join'; readonly join: string }
  | { readonly type: 'demo'; readonly joins: readonly string[] }
  | { readonly type: 'demo-stop' }

/** And what it may be asked for: a line for this machine's own agent, or so many made-up hosts. */
export type HubRequest = 'invite' | { readonly demo: number }

function settings(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(78)
  }
}

async function main(): Promise<void> {
  const config = settings()
  const { openHub } = await import('./hub.ts')
  const opening = new AbortController()
  const tell = (message: HubMessage) => process.send?.(message)
  // Made-up hosts need somebody beside the hub who makes them up.
  const demo = {
    begins: config.demoBegins === true,
    start: (joins: readonly string[]) => void tell({ type: 'demo', joins }),
    stop: () => void tell({ type: 'demo-stop' }),
  }
  const opened = openHub(config, { signal: opening.signal, ...(config.demo ? { demo } : {}) })
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), 9500).unref()
    opening.abort()
    // Whatever was begun is ended too: a hub that is stopped while it starts leaves no database behind.
    const hub = await opened.catch(() => undefined)
    await hub?.close()
    process.exit(0)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // Whoever started the hub died: it does not stay behind.
  process.once('disconnect', stop)
  const hub = await opened.catch((error: unknown) => {
    if (!stopping) throw error
  })
  if (hub === undefined || stopping) return
  if (process.send === undefined) {
    console.error(`Console: ${hub.url}`)
    if (hub.firstRunCode !== '') console.error(`First-run code: ${hub.firstRunCode}`)
  }
  tell({ type: 'ready', url: hub.url, httpsPort: hub.httpsPort, firstRunCode: hub.firstRunCode })
  process.on('message', async (message: HubRequest) => {
    if (message !== 'invite') return hub.startDemo(message.demo)
    const join = await hub.inviteLocal()
    if (join !== undefined) tell({ type: 'join', join })
  })
}

process.on('unhandledRejection', (error) =>
  console.error(JSON.stringify({ level: 'error', message: 'unhandled rejection', error: String(error) })),
)

/** A command that was named, which needs nothing of the hub; else the hub. */
async function start(words: readonly string[]): Promise<void> {
  if (words.length === 0) return main()
  const { runCommand } = await import('./commands/commands.ts')
  process.exitCode = await runCommand(words)
}

start(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof FairleadError ? error.message : error)
  process.exit(codes[codeOf(error)].exit)
})
