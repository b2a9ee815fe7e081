import type { Entry, Segments } from './segments.ts'

/** Entries that read on from one another, of one boot; read, and forgotten, as a whole. First on disk, then what waits for the disk. */
export interface Chain {
  readonly boot: string
  /** undefined: nothing of it is on disk. */
  file: number | undefined
  count: number
  lastSeq: number
  waiting: Entry[]
}

/** Entries on disk, and in memory while the disk takes none. Nothing here throws. */
export interface Keep {
  /** To the chain that was given last, or to a new one. */
  add(chain: Chain, entry: Entry): void
  /** Oldest first. */
  readonly chains: readonly Chain[]
  read(chain: Chain): Uint8Array[]
}

interface KeepOptions {
  /** What is kept, as a sentence begins with it. */
  readonly what: string
  /** Entries at most, and some more. */
  readonly most: number
  readonly diskBytes: number
  readonly memoryBytes: number
  /** undefined: memory only. */
  readonly segments: Segments | undefined
  /** Said once when the disk fails, once when it is back. */
  readonly onProblem: (message: string) => void
}

export function createKeep({ what, most, diskBytes, memoryBytes, segments, onProblem }: KeepOptions): Keep {
  const disk = segments === undefined ? undefined : createSteadyDisk(segments, what, onProblem)
  let chains: Chain[] = []

  /** What waits is younger than all that the disk has; each chain goes there in its order. */
  function write(): void {
    const found = disk?.open()
    if (found !== undefined) chains = [...found.map((one) => ({ ...one, waiting: [] })), ...chains]
    for (const chain of chains) {
      while (chain.waiting.length > 0) {
        const file = disk?.append(chain.file, chain.boot, chain.waiting[0]!)
        if (file === undefined) return
        chain.file = file
        chain.waiting.shift()
      }
    }
  }

  /** Never the chain that is being written: what follows would read on from nothing. */
  function forget(): void {
    let entries = chains.reduce((sum, { count }) => sum + count, 0)
    while (chains.length > 1) {
      const oldest = chains[0]!
      const isOver = entries - oldest.count >= most || (disk?.bytes() ?? 0) > diskBytes
      if (!isOver || (oldest.file !== undefined && disk?.drop(oldest.file) !== true)) break
      entries -= oldest.count
      chains.shift()
    }
    let waiting = chains.reduce((sum, chain) => sum + sizeOf(chain), 0)
    for (const chain of chains.slice(0, -1)) {
      if (waiting <= memoryBytes) return
      if (chain.waiting.length === 0) continue
      waiting -= sizeOf(chain)
      chain.count -= chain.waiting.length
      chain.lastSeq = chain.waiting[0]!.seq - 1
      chain.waiting = []
      if (chain.file === undefined) chains = chains.filter((one) => one !== chain)
    }
  }

  write()
  return {
    get chains() {
      return chains
    },
    add(chain, entry) {
      if (chains.at(-1) !== chain) chains.push(chain)
      chain.count++
      chain.lastSeq = entry.seq
      chain.waiting.push(entry)
      write()
      forget()
    },
    read: (chain) => [...(chain.file === undefined ? [] : (disk?.read(chain.file) ?? [])), ...chain.waiting.map(({ bytes }) => bytes)],
  }
}

/** With what the runtime needs for it. */
function sizeOf({ waiting }: Chain): number {
  return waiting.reduce((sum, { bytes }) => sum + bytes.length + 150, 0)
}

/** A disk of which each failure is said once; what fails answers undefined. */
function createSteadyDisk(segments: Segments, what: string, onProblem: (message: string) => void) {
  let opened = false
  let nextFile = 1
  let failing = false

  function attempt<T>(run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      if (!failing)
        onProblem(
          `${what} are kept in memory until the disk takes them again (${(error as Error).message}). Free some space, or mend the disk; nothing else is needed.`,
        )
      failing = true
      return undefined
    }
  }

  return {
    /** What was found there, once; undefined before and after. */
    open() {
      if (opened) return undefined
      const found = attempt(() => segments.open())
      if (found === undefined) return undefined
      opened = true
      nextFile = 1 + (found.at(-1)?.file ?? 0)
      return found
    },
    /** Answers the file that it is in. */
    append(file: number | undefined, boot: string, entry: Entry): number | undefined {
      if (!opened) return undefined
      return attempt(() => {
        const own = file ?? nextFile
        segments.append(own, boot, entry)
        nextFile = Math.max(nextFile, own + 1)
        if (failing) onProblem(`${what} are kept on disk again.`)
        failing = false
        return own
      })
    },
    read: (file: number) => attempt(() => segments.read(file)),
    drop: (file: number) => attempt(() => (segments.drop(file), true)),
    bytes: () => segments.bytes(),
  }
}
