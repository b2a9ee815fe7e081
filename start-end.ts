// What asks `npm start` and `npm run dev` to end: a signal, or the death of npm or another wrapper above them.
import { readFileSync } from 'node:fs'

const lookEveryMs = 500

/** Calls `end` at each SIGINT, SIGTERM and SIGHUP, and once a wrapper is gone: some die of a signal without passing it on. */
export function onEnd(end: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  // A terminal that was closed takes nothing more: no reason to stop half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const wrappers = wrappersAbove(process.pid)
  const timer = setInterval(() => {
    if (wrappers.every(({ pid, parent }) => parentOf(pid) === parent)) return
    clearInterval(timer)
    end()
  }, lookEveryMs).unref()
}

interface Wrapped {
  readonly pid: number
  readonly parent: number | undefined
}

/**
 * This process and those above it, up to npm, or the wrapper that pnpm puts before a Node it fetched. A shell that somebody
 * works in is none: a program left in its background outlives it, as every other.
 */
function wrappersAbove(self: number): readonly Wrapped[] {
  const found: Wrapped[] = []
  for (let pid: number | undefined = self; pid !== undefined && isWrapped(pid); pid = found.at(-1)!.parent)
    found.push({ pid, parent: parentOf(pid) })
  return found
}

/** What it was given tells: npm names the script that it runs, and the wrapper the packages of its Node. */
function isWrapped(pid: number): boolean {
  try {
    return /(^|\0)(npm_lifecycle_event=|NODE_PATH=[^\0]*\/node-linux-)/.test(readFileSync(`/proc/${pid}/environ`, 'latin1'))
  } catch {
    return false
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of a program may hold anything; what follows it does not.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}
