import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'

/** What is at a path now. The same object for as long as it is the same file. */
export type Look =
  | { readonly is: 'absent' }
  | { readonly is: 'read'; readonly text: string }
  | { readonly is: 'bad'; readonly problem: string }

const mostBytes = 64 * 1024
const absent: Look = { is: 'absent' }

/**
 * A small file that root writes and this program obeys. A look costs one question to the kernel, so it is taken before each thing that
 * depends on it: nothing waits for a notice that may come late or not at all. `agentOwns`: it is looked at by root, and whoever has its
 * folder, the account of the agent, may have written it, too.
 */
export function followFile(file: string, agentOwns = false): () => Look {
  let seen: { readonly stamp: string; readonly look: Look } | undefined
  return () => {
    const stamp = stampOf(file)
    if (seen?.stamp === stamp) return seen.look
    const look = stamp === '' ? absent : readTrusted(file, agentOwns)
    seen = { stamp, look }
    return look
  }
}

/** '' where there is none. Throws what is wrong with one that is not to be trusted. */
function textOf(look: Look): string {
  if (look.is === 'bad') throw new FairleadError('forbidden', look.problem)
  return look.is === 'read' ? look.text : ''
}

/** Beside the policy: the public keys of whoever else may sign releases for this host; '' where it names nobody. */
export function followReleaseKeys(policyFile: string): () => string {
  const look = followFile(join(dirname(policyFile), 'release-keys'))
  return () => textOf(look())
}

function stampOf(file: string): string {
  try {
    const { ino, dev, size, mode, uid, mtimeNs, ctimeNs } = lstatSync(file, { bigint: true })
    return [dev, ino, size, mode, uid, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return code === 'ENOENT' || code === 'ENOTDIR' ? '' : `? ${code}`
  }
}

function readTrusted(file: string, agentOwns: boolean): Look {
  try {
    const folder = lstatSync(dirname(file))
    const trusted = agentOwns ? [0, process.geteuid?.(), folder.uid] : [0, process.geteuid?.()]
    refuseForeign(folder, dirname(file), trusted)
    // What is judged is what is read: the file may be another one by the next line.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const facts = fstatSync(descriptor)
      if (!facts.isFile()) throw bad(`${file} is no plain file; replace it by one.`)
      refuseForeign(facts, file, trusted)
      if (facts.size > mostBytes) throw bad(`${file} is larger than 64 KiB.`)
      return { is: 'read', text: readFileSync(descriptor, 'utf8') }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return absent
    if (codeOf(error) === 'invalid_input') return { is: 'bad', problem: (error as Error).message }
    const link = code === 'ELOOP' ? `${file} is a link; put the file itself there.` : undefined
    return { is: 'bad', problem: link ?? `${file} cannot be read (${code ?? String(error)}); let the agent’s account read it.` }
  }
}

/** Whoever else could write it would decide what a hub may do here. */
function refuseForeign({ uid, mode }: Stats, path: string, trusted: readonly (number | undefined)[]): void {
  if (!trusted.includes(uid)) throw bad(`${path} belongs to account ${uid}; give it to root: chown root ${path}`)
  if ((mode & 0o022) !== 0) throw bad(`${path} may be written by others than its owner; mend it: chmod go-w ${path}`)
}

const bad = (message: string) => new FairleadError('invalid_input', message)
