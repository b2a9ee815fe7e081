import { join } from 'node:path'
import { Generation } from '@fairlead/protocol/hello.ts'
import { toBase64Url } from '@fairlead/protocol/join.ts'
import type { Link } from './dial.ts'
import { type Disk, readText, writeWhole } from './whole.ts'

/** What the hub handed out at the last handshake that this host kept: a copy of its disk will show an older one. */
interface KeptGeneration {
  /** '' for none yet. */
  readonly current: string
  /** Throws when the disk does not take it; the hub then goes on taking the one before. */
  keep(generation: string): void
}

/** Of this key alone: a host that got a new one begins anew. */
export function openGeneration(stateDir: string, publicKey: Uint8Array, disk?: Disk): KeptGeneration {
  const file = join(stateDir, 'generation')
  const key = toBase64Url(publicKey)
  let current = read(file, key)
  return {
    get current() {
      return current
    },
    keep(generation) {
      writeWhole(file, `${key} ${generation}\n`, disk)
      current = generation
    },
  }
}

function read(file: string, key: string): string {
  try {
    const [of, generation = ''] = readText(file).trim().split(' ')
    return of === key && Generation.safeParse(generation).success ? generation : ''
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** On the disk first, then the hub is told: only then is the one before worth nothing. */
export function keepGeneration(generation: KeptGeneration, { welcome, session }: Pick<Link, 'welcome' | 'session'>): void {
  if (welcome.generation === undefined) return
  generation.keep(welcome.generation)
  // Whether the hub heard it shows at the next handshake.
  session
    .open('link.kept', { generation: welcome.generation })
    .answered()
    .catch(() => undefined)
}
