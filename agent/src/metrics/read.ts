import { closeSync, openSync, readSync } from 'node:fs'

/** What all reads go through: hundreds of files a pass, of which none is kept. */
const buffer = Buffer.allocUnsafe(64 * 1024)
/** The kernel fills a page as long as one more line fits into it: whatever is shorter was all. */
const surelyAllBytes = 2048

/** A small file of the kernel; empty where there is none. */
export function read(file: string): string {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch {
    return ''
  }
  try {
    let length = 0
    while (length < buffer.length) {
      const bytes = readSync(fd, buffer, length, buffer.length - length, null)
      length += bytes
      if (bytes === 0 || length < surelyAllBytes) break
    }
    return buffer.toString('utf8', 0, length)
  } catch {
    return ''
  } finally {
    closeSync(fd)
  }
}

/** How fast a counter rose. A counter that fell began anew (a restart, a card that went): its rate is not available, never negative. */
export function ratePerSecond(now: number, before: number, elapsedMs: number): number {
  return elapsedMs > 0 && now >= before ? ((now - before) / elapsedMs) * 1000 : Number.NaN
}
