import { codes, codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { readConfig, type Config } from './config.ts'
import { openHub } from './hub.ts'

/** What the hub tells the program that started it, over IPC. */
export type HubMessage =
  | { readonly type: 'ready'; readonly url: string; readonly httpsPort: number; readonly firstRunCode: string }
  | { readonly type: 'join'; readonly join: string }

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
  const opening = new AbortController()
  const opened = openHub(config, { signal: opening.signal })
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
  const tell = (message: HubMessage) => process.send?.(message)
  if (process.send === undefined) {
    console.error(`Console: ${hub.url}`)
    if (hub.firstRunCode !== '') console.error(`First-run code: ${hub.firstRunCode}`)
  }
  tell({ type: 'ready', url: hub.url, httpsPort: hub.httpsPort, firstRunCode: hub.firstRunCode })
  process.on('message', async (message) => {
    if (message !== 'invite') return
    const join = await hub.inviteLocal()
    if (join !== undefined) tell({ type: 'join', join })
  })
}

process.on('unhandledRejection', (error) =>
  console.error(JSON.stringify({ level: 'error', message: 'unhandled rejection', error: String(error) })),
)
main().catch((error: unknown) => {
  console.error(error instanceof FairleadError ? error.message : error)
  process.exit(codes[codeOf(error)].exit)
})
