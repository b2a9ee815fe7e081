import { connect, type Socket } from 'node:net'

const everyMs = 1000
const tryMs = 8000
const slowMs = 5000

/**
 * Resolves with the ms it took until something at the address takes a TCP connection, or refuses one: the path is there.
 * A try a second, each open for 8 s: a path is used within about a second of its healing, however long it was gone, and
 * the hub has no work with it. `onSlow` hears once why it takes longer than 5 s. Undefined: nothing did so for `mostMs`.
 */
export function reach(
  address: string,
  signal: AbortSignal,
  onSlow: (reason: string) => void,
  mostMs?: number,
): Promise<number | undefined> {
  const url = new URL(address)
  const startMs = performance.now()
  const tries = new Set<Socket>()
  let code = 'ETIMEDOUT'

  return new Promise((resolve) => {
    const knock = () => {
      const socket = connect(socketOf(url))
      tries.add(socket)
      socket.setTimeout(tryMs, () => socket.destroy())
      socket.once('connect', found)
      socket.once('error', (error: NodeJS.ErrnoException) => {
        code = error.code ?? error.message
        if (code === 'ECONNREFUSED') found()
      })
      socket.once('close', () => tries.delete(socket))
    }
    const timer = setInterval(knock, everyMs)
    const slow = setTimeout(() => onSlow(explain(url.host, code)), slowMs)
    const late = mostMs === undefined ? undefined : setTimeout(() => finish(undefined), mostMs)
    const found = () => finish(performance.now() - startMs)
    function finish(ms: number | undefined): void {
      clearInterval(timer)
      clearTimeout(slow)
      clearTimeout(late)
      signal.removeEventListener('abort', found)
      for (const socket of tries) socket.destroy()
      resolve(ms)
    }
    signal.addEventListener('abort', found)
    knock()
  })
}

/** Where a URL leads to, as sockets want it: an address without brackets, and the port that is usual where none is said. */
export function socketOf({ hostname, port, protocol }: URL): { readonly host: string; readonly port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (/^(http|ws):$/.test(protocol) ? 80 : 443) }
}

/** What to do about a connection that did not come to be. */
export function explain(host: string, code: string): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name ${host} does not resolve; check this host's DNS.`
    case 'ECONNREFUSED':
      return `Nothing listens at ${host}; is the hub running, and is the port right?`
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${host} cannot be reached; check the route and the firewall between.`
    default:
      return `The hub at ${host} could not be reached (${code}).`
  }
}
