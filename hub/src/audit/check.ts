import { chain, genesis } from '../base/audit.ts'
import { openNote, same, type NoteKey } from '@fairlead/protocol/trail/note.ts'
import { growFrom, isWhole, noLeaves, rootOf, type Growing, type Range } from '@fairlead/protocol/trail/tree.ts'
import { tools } from './trail-key.ts'

export interface Problem {
  /**
   * `row`: its text is not what was hashed. `missing`: rows are not there. `order`: rows are not in their order. `checkpoint`: the rows are
   * not those that were signed. `signature`: a checkpoint that this key did not sign. `form`: not what such a file holds. `witness`: a host saw another trail.
   * `archive`: the file with these rows is not the one that was written. `contradiction`: another file tells another story.
   */
  readonly kind: 'row' | 'missing' | 'order' | 'checkpoint' | 'signature' | 'form' | 'witness' | 'archive' | 'contradiction'
  /** The first row that it concerns; 0 where that is none. */
  readonly seq: number
  readonly message: string
}

/** One pass over a trail, or a part of it, in order. */
export interface TrailCheck {
  /** What is not there and said to be so: its part of the tree, and the hash of its last row. */
  omitted(range: Range, head: Uint8Array): void
  row(seq: number, body: string, hash: Uint8Array): void
  checkpoint(note: string): void
  /** Something that is wrong with what is read itself. */
  wrong(problem: Problem): void
  readonly problems: readonly Problem[]
  /** Rows that were looked at. */
  readonly rows: number
  /** Rows before the next one. */
  readonly size: number
  /** Rows up to which a signature holds. */
  readonly signed: number
  readonly head: Uint8Array
  readonly notes: number
}

const mostProblems = 100

/**
 * Goes along a trail: each row together with the one before it must have the hash that is written beside it, and all hashes so far must
 * have the root that was signed. `seen`: what hosts keep of it, which must fit as well.
 */
export function checkTrail(key: NoteKey | undefined, seen: readonly Witnessed[] = []): TrailCheck {
  const problems: Problem[] = []
  let grown: Growing = growFrom(tools.digest, noLeaves())
  let head: Uint8Array = genesis
  let [rows, signed, notes] = [0, 0, 0]
  // From the first row that is missing or was not signed on, no later root can be right: that is told once.
  let lost = false
  const wrong = (problem: Problem) => void (problems.length < mostProblems && problems.push(problem))
  const witnesses = Map.groupBy(seen, ({ size }) => size)
  const compare = () => {
    if (lost) return
    for (const { root, who } of witnesses.get(grown.to) ?? [])
      if (!same(root, rootOf(tools.digest, grown.range())))
        wrong({ kind: 'witness', seq: signed + 1, message: `${who} saw another trail at row ${grown.to}: it was rewritten since.` })
  }
  return {
    omitted(range, last) {
      if (!isWhole(range) || range.from !== grown.to)
        return wrong({ kind: 'form', seq: grown.to + 1, message: `What is left out after row ${grown.to} does not fit there.` })
      grown.add(range)
      head = last
      compare()
    },
    row(seq, body, hash) {
      if (seq !== grown.to + 1) {
        wrong(displaced(seq, grown.to + 1))
        // Nothing after it has its place in the tree any more: it is begun anew, and only the chain of hashes is followed.
        grown = growFrom(tools.digest, noLeaves(seq - 1))
        lost = true
      } else if (!same(chain(head, body), hash))
        wrong({ kind: 'row', seq, message: `Row ${seq} is not what was written, or it is not after the row that was before it.` })
      grown.leaf(hash)
      head = hash
      rows++
      compare()
    },
    checkpoint(note) {
      notes++
      const opened = key === undefined ? undefined : openNote(tools, note, key)
      if (opened === undefined)
        return wrong({
          kind: 'signature',
          seq: grown.to,
          message: `The checkpoint after row ${grown.to} is not signed with the key of this trail.`,
        })
      const { size, root } = opened
      if (size !== grown.to)
        return wrong({ kind: 'missing', seq: grown.to + 1, message: `A checkpoint of ${size} rows stands after row ${grown.to}.` })
      if (lost) return
      if (same(rootOf(tools.digest, grown.range()), root) && same(opened.head, head)) return void (signed = size)
      wrong({ kind: 'checkpoint', seq: signed + 1, message: `Rows ${signed + 1} to ${size} are not those that were signed.` })
      lost = true
    },
    wrong,
    problems,
    get rows() {
      return rows
    },
    get size() {
      return grown.to
    },
    get signed() {
      return signed
    },
    get head() {
      return head
    },
    get notes() {
      return notes
    },
  }
}

function displaced(seq: number, wanted: number): Problem {
  if (seq > wanted) return { kind: 'missing', seq: wanted, message: `Rows ${wanted} to ${seq - 1} are missing.` }
  return { kind: 'order', seq, message: `Row ${seq} stands where row ${wanted} should be.` }
}

/** What a host keeps of a trail. */
export interface Witnessed {
  readonly size: number
  readonly root: Uint8Array
  readonly who: string
}

/** From a note that a host keeps. Undefined: it is none of this trail. */
export function witnessed(note: string, key: NoteKey, who: string): Witnessed | undefined {
  const parsed = openNote(tools, note, key)
  return parsed === undefined ? undefined : { size: parsed.size, root: parsed.root, who }
}
