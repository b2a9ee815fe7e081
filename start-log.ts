// Where `npm start` keeps what the programs it runs write: a file each, and beside it what came before.
import { copyFileSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'

const limits = { maxBytes: 16 * 1024 * 1024, lookEveryMs: 10_000 }
const lastBytes = 8 * 1024
const lastLines = 15

export interface ProgramLog {
  readonly file: string
  /** To be a program's standard output. A file and no pipe: what it wrote before it died is in it, and so is what it writes should this one die. */
  readonly fd: number
  /** The last lines, at most 15 and 8 KiB; '' of a program that said nothing. */
  last(): string
}

/** Begins a log: of the run before, `FILE.1` is kept. One that grows past 16 MiB becomes `FILE.1` as well, and begins again. */
export function openLog(file: string, { maxBytes, lookEveryMs } = limits): ProgramLog {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    renameSync(file, `${file}.1`)
  } catch {
    // The first run.
  }
  const fd = openSync(file, 'a+', 0o600)
  setInterval(() => {
    if (fstatSync(fd).size <= maxBytes) return
    // The program holds the same open file, and appends: it goes on at the new beginning.
    copyFileSync(file, `${file}.1`)
    ftruncateSync(fd)
  }, lookEveryMs).unref()
  return {
    file,
    fd,
    last() {
      const { size } = fstatSync(fd)
      const bytes = Buffer.alloc(Math.min(size, lastBytes))
      readSync(fd, bytes, 0, bytes.length, size - bytes.length)
      return bytes.toString().trimEnd().split('\n').slice(-lastLines).join('\n')
    },
  }
}
