import * as crypto from 'node:crypto'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { Witness, type witness } from '@fairlead/protocol/features/audit.ts'
import { nodeSuite } from '@fairlead/protocol/noise/suite.ts'
import { fromBase64, openNote, parseKey, parseNote, same, toBase64, type SignedNote } from '@fairlead/protocol/trail/note.ts'
import { isWhole, joinRanges, rootOf, type Range } from '@fairlead/protocol/trail/tree.ts'
import { type Disk, readText, writeWhole } from '../whole.ts'

const suite = nodeSuite(crypto)
const tools = { digest: suite.hash, verify: suite.verify }

/** What this host saw of the trail of its organization: a hub that tells another story later is refused, and what it said is kept. */
interface Seen extends Witness {
  readonly organization: string
  /** Which of several hubs with one key it was told by; '' for one that was never restored. */
  readonly epoch: string
  readonly key: string
  /** The tree over the rows of `note`, as hashes in base64: what comes later is added to it. */
  readonly tree: readonly string[]
}

interface WitnessDeps {
  readonly stateDir: string
  /** Of this host: no other trail is its business. */
  readonly organization: string
  /** Of the hub that this host goes on with: an administrator confirmed that it was restored from a backup. */
  readonly epoch: () => string
  /** What was seen of the hub before the restore was set aside there. */
  readonly onRestored: (aside: string | undefined, size: number) => void
  /** Told when a hub begins to contradict what was seen, and when it no longer does. */
  readonly onContradiction: (why: string, size: number) => void
  /** What is kept cannot be read: it was set aside. */
  readonly onDamaged: (error: unknown) => void
  readonly disk?: Disk
}

export const witnessFile = (stateDir: string) => join(stateDir, 'witness.json')

export function serveAudit({
  stateDir,
  organization,
  epoch,
  onRestored,
  onContradiction,
  onDamaged,
  disk,
}: WitnessDeps): Handlers<typeof witness> {
  const file = witnessFile(stateDir)
  let seen = readOrSetAside()
  function readOrSetAside(): Seen | undefined {
    try {
      return readWitness(stateDir, organization)
    } catch (error) {
      // A host without its memory of the trail is still a host.
      forgetWitness(stateDir)
      onDamaged(error)
      return undefined
    }
  }
  const keep = (next: Seen) => {
    // On the disk before the hub hears of it.
    if (JSON.stringify(next) !== JSON.stringify(seen)) writeWhole(file, JSON.stringify(next), disk)
    seen = next
  }
  /** A restored hub has fewer rows than were seen, and that is no secret: this host begins anew with it, and what it saw stays on its disk. */
  function followRestore(): void {
    if (seen === undefined || seen.epoch === epoch()) return
    const size = parseNote(seen.note)?.size ?? 0
    onRestored(forgetWitness(stateDir), size)
    seen = undefined
  }
  return {
    async kept() {
      followRestore()
      return answer(seen)
    },
    async see(shown) {
      followRestore()
      const next = judge(seen, shown, organization, epoch())
      const [was, is] = [seen?.contradiction?.why, next.contradiction?.why]
      keep(next)
      if (is !== undefined && is !== was) onContradiction(is, parseNote(shown.note)?.size ?? 0)
      return answer(seen)
    },
  }
}

function answer(seen: Seen | undefined): Witness {
  return { note: seen?.note ?? '', contradiction: seen?.contradiction ?? null }
}

interface Shown {
  readonly note: string
  readonly key: string
  readonly from: number
  readonly hashes: readonly string[]
}

/** What is kept after this was shown. Throws `invalid_input` for what no hub of this organization signed: it says nothing of the trail. */
function judge(seen: Seen | undefined, { note, key, from, hashes }: Shown, organization: string, epoch: string): Seen {
  const known = parseKey(suite.hash, key)
  const opened = known === undefined ? undefined : openNote(tools, note, known)
  if (opened === undefined || !opened.origin.endsWith(`/${organization}`))
    throw new FairleadError('invalid_input', 'This is no signed checkpoint of the trail of this host’s organization.')
  const part = { from, to: opened.size, hashes: hashes.map((hash) => fromBase64(hash) ?? new Uint8Array()) }
  if (seen === undefined) {
    if (from !== 0 || !fits(part, opened))
      throw new FairleadError('invalid_input', 'What comes with this checkpoint does not add up to it.')
    return { organization, epoch, key, note, tree: [...hashes], contradiction: null }
  }
  const contradicts = (why: 'smaller' | 'changed' | 'key'): Seen => ({
    ...seen,
    // The first one is the evidence: a hub that goes on talking does not write over it.
    contradiction: seen.contradiction ?? { atMs: Date.now(), why, note },
  })
  if (seen.key !== key) return contradicts('key')
  const last = parseNote(seen.note)!
  if (opened.size < last.size) return contradicts('smaller')
  if (opened.size === last.size) return same(opened.root, last.root) ? { ...seen, contradiction: null } : contradicts('changed')
  const before = { from: 0, to: last.size, hashes: seen.tree.map((hash) => fromBase64(hash)!) }
  if (from !== last.size || !isWhole(part)) return contradicts('changed')
  const whole = joinRanges(suite.hash, before, part)
  if (!fits(whole, opened)) return contradicts('changed')
  return { ...seen, note, tree: whole.hashes.map(toBase64), contradiction: null }
}

function fits(tree: Range, { root }: SignedNote): boolean {
  return isWhole(tree) && same(rootOf(suite.hash, tree), root)
}

/** Of this organization alone: a host that was enrolled elsewhere begins anew. Throws when the file is there and is none. */
export function readWitness(stateDir: string, organization?: string): Seen | undefined {
  const file = witnessFile(stateDir)
  try {
    const read = JSON.parse(readText(file)) as Seen
    const whole = Witness.safeParse(read).success && parseNote(read.note) !== undefined && Array.isArray(read.tree)
    if (!whole) throw new SyntaxError('it does not hold what it should')
    return organization === undefined || read.organization === organization ? read : undefined
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const mend = 'To begin anew, run "fairlead-agent witness forget": what was seen is set aside, and can be compared with an export.'
    throw new FairleadError('invalid_input', `${file} is damaged. ${mend}`, { cause })
  }
}

/** What was seen is set aside, for whoever wants to look; this host begins anew with what the hub says next. */
export function forgetWitness(stateDir: string): string | undefined {
  const aside = `${witnessFile(stateDir)}.${new Date().toISOString().replaceAll(/[:.]/g, '')}`
  try {
    renameSync(witnessFile(stateDir), aside)
    return aside
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
