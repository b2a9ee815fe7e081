import { close, constants, fstat, open, type BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { FairleadError } from '@fairlead/protocol/errors.ts'

const opened = promisify(open)
const closed = promisify(close)
const factsOf = promisify(fstat) as (descriptor: number, options: { bigint: true }) => Promise<BigIntStats>

/** Names a thing without opening it: no device starts, no pipe waits, nothing can be read. Not among Node's constants; the same on amd64 and arm64. */
const asPlace = 0o10000000 | constants.O_NOFOLLOW
const asFolder = asPlace | constants.O_DIRECTORY

const mostPathBytes = 4095
const mostNameBytes = 255

/** One thing of the file system, held by a descriptor: whatever happens to its names, it stays this one. */
export interface Place {
  /** Under /proc/self/fd: leads to this very thing. */
  readonly link: string
  readonly facts: BigIntStats
  close(): Promise<void>
}

/** Sees each place on the way, the folder first; throws where nobody may go on. */
export type Judge = (place: Place) => void | Promise<void>

/**
 * What is at `path` beneath the folder `root`. Each name is looked up in the folder that is held open, so that whoever moves names about
 * meanwhile wins nothing: a link, another file system, and every way up are refused.
 */
export async function openBeneath(root: string, path: string, judge: Judge = () => undefined): Promise<Place> {
  const names = namesOf(path)
  let place = await openRoot(root, judge)
  try {
    const { dev } = place.facts
    for (const [at, name] of names.entries()) {
      const next = await openPlace(`${place.link}/${name}`, at === names.length - 1 ? asPlace : asFolder)
      const before = place
      place = next
      await before.close()
      if (place.facts.isSymbolicLink()) throw linked()
      if (place.facts.dev !== dev) throw elsewhere()
      await judge(place)
    }
    return place
  } catch (error) {
    await place.close()
    throw error
  }
}

/** The folder itself, name by name: one that is a link is none, nor is one behind a link, which whoever writes there may have laid. */
export async function openRoot(root: string, judge: Judge = () => undefined): Promise<Place> {
  let place = await openPlace('/', asFolder)
  try {
    for (const name of root.split('/').filter((one) => one !== '')) {
      const before = place
      place = await openPlace(`${before.link}/${name}`, asFolder)
      await before.close()
    }
    await judge(place)
    return place
  } catch (error) {
    await place.close()
    throw error
  }
}

/** Throws what the kernel says in words for a person. */
export function refusalOf(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const found = refusals[code]
  return found === undefined ? error : new FairleadError(found[0], found[1], { cause: error })
}

const refusals: Readonly<Record<string, readonly ['not_found' | 'forbidden' | 'invalid_input' | 'conflict', string]>> = {
  ENOENT: ['not_found', 'There is nothing at this path on the host, or not any more.'],
  ENOTDIR: [
    'forbidden',
    'This path leads through something that is no folder, or through a link; links are not followed. Ask for where it points.',
  ],
  ELOOP: ['forbidden', 'This is a link, and links are not followed. Ask for where it points.'],
  EACCES: ['forbidden', 'The account that the agent runs as may not read this. On the host: let it, or run the agent as root.'],
  EPERM: ['forbidden', 'The account that the agent runs as may not read this. On the host: let it, or run the agent as root.'],
  ENAMETOOLONG: ['invalid_input', 'This path has a name that is longer than the file system of the host takes.'],
  ENXIO: ['conflict', 'There is nothing to be read from this now.'],
  EIO: ['conflict', 'The disk of the host failed to read this. On the host: look at dmesg.'],
  ESTALE: ['conflict', 'The host’s network file system lost this; ask again.'],
}

const linked = () => new FairleadError('forbidden', refusals['ELOOP']![1])
const elsewhere = () =>
  new FairleadError(
    'forbidden',
    'Another file system begins on the way to this. To read it, name its folder in files.read of the policy on the host, too.',
  )

async function openPlace(path: string, flags: number): Promise<Place> {
  let descriptor: number
  try {
    descriptor = await opened(path, flags)
  } catch (error) {
    throw refusalOf(error)
  }
  const leave = once(() => closed(descriptor))
  try {
    return { link: `/proc/self/fd/${descriptor}`, facts: await factsOf(descriptor, { bigint: true }), close: leave }
  } catch (error) {
    await leave()
    throw refusalOf(error)
  }
}

/** A descriptor that is closed twice may be another one's by then. */
function once(run: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= run())
}

function namesOf(path: string): string[] {
  const bad = (what: string) => new FairleadError('invalid_input', `A path beneath a folder ${what}.`)
  if (path === '') throw bad('has at least one name')
  if (path.startsWith('/')) throw bad('does not begin with a slash')
  if (path.includes('\0')) throw bad('has no zero byte')
  if (Buffer.byteLength(path) > mostPathBytes) throw bad(`has at most ${mostPathBytes} bytes`)
  const names = path.split('/')
  for (const name of names) {
    if (name === '' || name === '.' || name === '..') throw bad('has no empty name, no "." and no ".."')
    if (Buffer.byteLength(name) > mostNameBytes) throw bad(`has names of at most ${mostNameBytes} bytes`)
  }
  return names
}
