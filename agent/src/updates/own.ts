import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSea } from 'node:sea'
import { targets, type Target, type UpdateState } from '@fairlead/protocol/features/updates.ts'

/** What runs here, as far as an update has to know. */
export interface Own {
  readonly kind: UpdateState['kind']
  /** The file of a release that is this one's next; null: `problem` says why there is none. */
  readonly target: Target | null
  /** The one that runs. */
  readonly file: string
  readonly problem: string
}

interface Here {
  /** `FAIRLEAD_STARTER`. */
  readonly starter: string | undefined
  readonly program: boolean
  readonly node: string
  readonly script: string
  readonly arch: string
  readonly inContainer: boolean
}

/** By what started it, not by what it is told. */
export function findOwn({ starter, program, node, script, arch, inContainer }: Here): Own {
  const file = program ? node : script
  if (starter === undefined) {
    if (inContainer)
      return { kind: 'image', target: null, file, problem: 'It came with an image: pull a newer one, and make its container anew.' }
    if (!program) return { kind: 'source', target: null, file, problem: 'It was started from a clone: pull there, and start it again.' }
    const problem = 'It was started without its starter script: run the install line of the console again.'
    return { kind: 'program', target: null, file, problem }
  }
  if (!program) return { kind: node === join(dirname(starter), 'node') ? 'hub-node' : 'own-node', target: 'agent.cjs', file, problem: '' }
  const name = `fairlead-agent-linux-${arch}`
  const target = targets.find((one) => one === name) ?? null
  return { kind: 'program', target, file, problem: target === null ? `Releases have no program for ${arch}.` : '' }
}

/** `container`: the one that this runs in, as far as engines tell. */
export function here(starter: string | undefined, container: string | undefined): Here {
  return {
    starter,
    program: isSea(),
    node: process.execPath,
    script: process.argv[1] ?? '',
    arch: process.arch,
    inContainer: container !== undefined || existsSync('/.dockerenv'),
  }
}
