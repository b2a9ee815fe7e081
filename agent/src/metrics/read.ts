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

/** Files of the kernel's own words, which are ASCII, that are read at every pass and stay open in between: to open one of a cgroup takes five times as long as to read it. */
export interface Held {
  /** What it holds now; empty where there is none. */
  read(file: string): string
  close(): void
}

/** Of all in this process. Whoever has more containers pays for opening them. */
const mostHeld = 1024
let held = 0

export function holdFiles(): Held {
  const files = new Map<string, number>()
  function forget(file: string, fd: number): void {
    files.delete(file)
    held--
    closeSync(fd)
  }
  return {
    read(file) {
      let fd = files.get(file)
      if (fd === undefined) {
        if (held >= mostHeld) return read(file)
        try {
          fd = openSync(file, 'r')
        } catch {
          return ''
        }
        files.set(file, fd)
        held++
      }
      try {
        let length = 0
        while (length < buffer.length) {
          const bytes = readSync(fd, buffer, length, buffer.length - length, length)
          length += bytes
          if (bytes === 0 || length < surelyAllBytes) break
        }
        return buffer.toString('latin1', 0, length)
      } catch {
        // What it belonged to is gone; under its name there may be another one.
        forget(file, fd)
        return read(file)
      }
    },
    close() {
      for (const [file, fd] of files) forget(file, fd)
    },
  }
}

/** How fast a counter rose. A counter that fell began anew (a restart, a card that went): its rate is not available, never negative. */
export function ratePerSecond(now: number, before: number, elapsedMs: number): number {
  return elapsedMs > 0 && now >= before ? ((now - before) / elapsedMs) * 1000 : Number.NaN
}
