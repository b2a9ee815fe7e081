import { readFileSync } from 'node:fs'

/** A small file of the kernel; empty where there is none. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
