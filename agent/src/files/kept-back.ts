import { lstat, readlink, realpath, type BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Judge, Place } from './beneath.ts'

const factsOf = promisify(lstat) as (path: string, options: { bigint: true }) => Promise<BigIntStats>
const realOf = promisify(realpath)
const targetOf = promisify(readlink)

/** The kernel's own: memory, keys and switches of the machine, as files. */
const kernel = ['/proc', '/sys', '/dev']

/**
 * Refuses these folders and what is in them, whatever folder of the policy covers them: by what they are, so that no other name leads
 * there, and by the path that the kernel has for what was opened, for a folder of the policy that lies within one of them.
 */
export async function keepBack(own: readonly string[]): Promise<Judge> {
  const folders = (await Promise.all(own.map(find))).filter((found) => found !== undefined)
  const paths = [...kernel, ...own, ...folders.map(({ path }) => path)]
  return async ({ facts, link }: Place) => {
    const path = await targetOf(link)
    const inside = paths.some((one) => path === one || path.startsWith(`${one}/`))
    if (inside || folders.some(({ dev, ino }) => dev === facts.dev && ino === facts.ino)) throw refused()
  }
}

async function find(folder: string): Promise<{ readonly path: string; readonly dev: bigint; readonly ino: bigint } | undefined> {
  try {
    const path = await realOf(folder)
    const { dev, ino } = await factsOf(path, { bigint: true })
    return { path, dev, ino }
  } catch {
    // It is not there, or out of this account's sight: so is what is in it.
    return undefined
  }
}

const refused = () =>
  new FairleadError(
    'forbidden',
    'Fairlead’s own folders, /proc, /sys and /dev are read by nobody through the hub, whatever the policy of the host allows.',
  )
