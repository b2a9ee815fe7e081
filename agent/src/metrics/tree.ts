import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Writes files below a folder as a kernel shows them, for tests. A text that begins with "-> " is a link. */
export function writeTree(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), file)
    else writeFileSync(file, text)
  }
}

/** How many files below a folder this process has open. */
export function openBelow(root: string): number {
  const isBelow = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${root}/`)
    } catch {
      // The one by which they were listed.
      return false
    }
  }
  return readdirSync('/proc/self/fd').filter(isBelow).length
}

const header =
  'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes\n'

/** `/proc/net/dev` with bytes received and sent by card. */
export function netDev(cards: Readonly<Record<string, readonly [number, number]>>): string {
  return (
    header +
    Object.entries(cards)
      .map(([name, [rx, tx]]) => `${name.padStart(6)}: ${rx} 9 0 0 0 0 0 0 ${tx} 9 0 0 0 0 0 0\n`)
      .join('')
  )
}
