import { readFileSync } from 'node:fs'

/** A small file of the kernel; empty where there is none. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** How fast a counter rose. A counter that fell began anew (a restart, a card that went): its rate is not available, never negative. */
export function ratePerSecond(now: number, before: number, elapsedMs: number): number {
  return elapsedMs > 0 && now >= before ? ((now - before) / elapsedMs) * 1000 : Number.NaN
}
