import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** So much memory for some programs and those they start: whoever needs more is ended by the kernel, which counts it. */
export interface Ceiling {
  /** Starts what is given as further arguments, below it from its first moment: a program looks at once how much there is. */
  readonly within: readonly string[]
  /** How many programs were ended for it. */
  readonly killed: number
  /** The most that was ever taken, with the pages of files that they read. */
  readonly mostBytes: number
  /** Once its programs are gone. */
  close(): void
}

const v1 = '/sys/fs/cgroup/memory'
const v2 = '/sys/fs/cgroup'
const isV1 = existsSync(join(v1, 'memory.limit_in_bytes'))

/** Control groups of either version. Throws what the kernel says where there are none. */
export function openCeiling(bytes: number): Ceiling {
  const path = join(isV1 ? v1 : v2, `fairlead-${process.pid}-${bytes}`)
  if (!isV1) writeFileSync(join(v2, 'cgroup.subtree_control'), '+memory')
  mkdirSync(path)
  const read = (file: string) => readFileSync(join(path, file), 'utf8')
  writeFileSync(join(path, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes))
  return {
    within: ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', join(path, 'cgroup.procs')],
    get killed() {
      return Number(/^oom_kill (\d+)$/m.exec(read(isV1 ? 'memory.oom_control' : 'memory.events'))?.[1])
    },
    get mostBytes() {
      return Number(read(isV1 ? 'memory.max_usage_in_bytes' : 'memory.peak'))
    },
    close: () => rmdirSync(path),
  }
}
