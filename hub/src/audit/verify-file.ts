import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { openNote, parseKey, parseNote, same, type NoteKey } from '@fairlead/protocol/trail/note.ts'
import { checkTrail, type Problem, type TrailCheck, type Witnessed } from './check.ts'
import { readLine } from './lines.ts'
import { createPlaces, firstDifference, type Places } from './places.ts'
import { tools } from './trail-key.ts'

export interface FileReport {
  readonly file: string
  readonly ok: boolean
  readonly organization: string
  /** The key that the signatures were looked at with. */
  readonly key: string
  /** Whether it was named by whoever asked, not by the file. */
  readonly keyGiven: boolean
  /** The first row of the part that the file is about, and the last. */
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly checkpoints: number
  /** Up to which row a signature holds. */
  readonly signed: number
  readonly problems: readonly Problem[]
}

interface VerifyOptions {
  readonly key?: string | undefined
  /** Signed notes of hosts. */
  readonly witnesses?: readonly { readonly who: string; readonly note: string }[]
}

/** What a file ends with: where the next one must go on; and what it says of rows, where there are others to compare it with. */
interface Ended {
  readonly report: FileReport
  readonly places: Places
  readonly begins: { readonly size: number; readonly head: Uint8Array }
  readonly ends: { readonly size: number; readonly head: Uint8Array }
}

/** Exports and archives, alone or as one trail; of what they hold nothing is believed. Throws `not_found` and `invalid_input`. */
export async function verifyFiles(files: readonly string[], options: VerifyOptions): Promise<FileReport[]> {
  const all: Ended[] = []
  for (const file of files) all.push(await verifyFile(file, options, files.length > 1))
  const sorted = all.toSorted((a, b) => a.begins.size - b.begins.size)
  return sorted.map((one, index) => {
    const { begins } = one
    const against = sorted.flatMap((other) => contradiction(one, other) ?? [])
    const report = against.length === 0 ? one.report : { ...one.report, ok: false, problems: [...one.report.problems, ...against] }
    const before = sorted[index - 1]
    if (before === undefined || (same(before.ends.head, begins.head) && before.ends.size === begins.size)) return report
    // A file that begins with the first row is whole in itself.
    if (begins.size < before.ends.size) return report
    const message = `${before.report.file} ends with row ${before.ends.size}, and this one does not go on from there.`
    return { ...report, ok: false, problems: [...report.problems, { kind: 'missing', seq: before.ends.size + 1, message } as const] }
  })
}

/** Two files of one trail are of one story: the rows that both know of are the same, and so is who signs. */
function contradiction(one: Ended, other: Ended): Problem | undefined {
  if (one === other || one.report.organization !== other.report.organization) return undefined
  const { file, key } = other.report
  if (key !== one.report.key)
    return { kind: 'contradiction', seq: 0, message: `${file} is of the same trail and names another key that signs it.` }
  const seq = firstDifference(one.places, other.places)
  return seq === undefined
    ? undefined
    : {
        kind: 'contradiction',
        seq,
        message: `${file} tells another story: row ${seq} there is not row ${seq} here. One of them was rewritten.`,
      }
}

async function verifyFile(file: string, { key: given, witnesses = [] }: VerifyOptions, compared: boolean): Promise<Ended> {
  const key = given === undefined ? undefined : parseKey(tools.digest, given)
  if (given !== undefined && key === undefined)
    throw new FairleadError(
      'invalid_input',
      'What follows --key is no key of a trail; copy all of it from the console, it begins with "fairlead/".',
    )
  const state: Reading = {
    check: undefined,
    key,
    keyText: given ?? '',
    organization: '',
    begins: { size: 0, head: new Uint8Array(32) },
    ended: false,
    counted: 0,
    places: createPlaces(),
    compared,
  }
  let number = 0
  for await (const text of linesOf(file)) {
    number++
    if (number === 1) begin(state, text, file, witnesses)
    // Editors and shells leave an empty line at the end of what they saved.
    else if (state.ended && text === '') continue
    else if (state.ended) state.check!.wrong({ kind: 'form', seq: 0, message: `Line ${number} stands after the end.` })
    else take(state, text, number)
  }
  const check = state.check
  if (check === undefined) throw new FairleadError('invalid_input', `${file} is empty.`)
  if (!state.ended) check.wrong({ kind: 'missing', seq: check.size + 1, message: 'The file ends early: it was cut off.' })
  if (check.rows > 0 && check.signed < check.size && check.problems.length === 0)
    check.wrong({ kind: 'checkpoint', seq: check.signed + 1, message: `Nothing is signed after row ${check.signed}.` })
  for (const { size, who } of seenBy(witnesses, state.key))
    if (size > check.size && check.size > 0)
      check.wrong({ kind: 'witness', seq: check.size + 1, message: `${who} saw ${size} rows; this file has ${check.size}.` })
  const report = {
    file,
    ok: check.problems.length === 0,
    organization: state.organization,
    key: state.keyText,
    keyGiven: given !== undefined,
    from: state.begins.size + 1,
    to: check.size,
    rows: check.rows,
    checkpoints: check.notes,
    signed: check.signed,
    problems: check.problems,
  }
  return { report, places: state.places, begins: state.begins, ends: { size: check.size, head: check.head } }
}

interface Reading {
  check: TrailCheck | undefined
  key: NoteKey | undefined
  keyText: string
  organization: string
  begins: { size: number; head: Uint8Array }
  ended: boolean
  /** Lines after the header. */
  counted: number
  readonly places: Places
  /** Whether there are other files. */
  readonly compared: boolean
}

function begin(state: Reading, text: string, file: string, witnesses: VerifyOptions['witnesses'] = []): void {
  const line = readLine(text)
  if (line?.kind !== 'header')
    throw new FairleadError(
      'invalid_input',
      `${file} is no export of an audit trail; take the NDJSON one (a CSV cannot be verified), or an archive as it is.`,
    )
  const { organization, key } = line.header
  const said = parseKey(tools.digest, key)
  state.organization = organization
  // Without a key that somebody brought, the file's own word is taken: then only its own story is looked at.
  if (state.key === undefined) Object.assign(state, { key: said, keyText: key })
  state.check = checkTrail(state.key, seenBy(witnesses, state.key))
  if (said === undefined || state.key === undefined || said.origin !== state.key.origin || !same(said.publicKey, state.key.publicKey))
    state.check.wrong({ kind: 'signature', seq: 0, message: 'The file is of a trail that another key signs.' })
  for (const { who, note } of witnesses)
    if (state.key !== undefined && openNote(tools, note, state.key) === undefined) {
      const same = parseNote(note)?.origin === state.key.origin
      state.check.wrong({
        kind: 'witness',
        seq: 0,
        message: same ? `What ${who} keeps was signed with another key.` : `What ${who} keeps is of another trail.`,
      })
    }
}

function seenBy(witnesses: VerifyOptions['witnesses'] = [], key: NoteKey | undefined): Witnessed[] {
  return witnesses.flatMap(({ who, note }) => {
    const opened = key === undefined ? undefined : openNote(tools, note, key)
    return opened === undefined ? [] : [{ size: opened.size, root: opened.root, who }]
  })
}

function take(state: Reading, text: string, number: number): void {
  const check = state.check!
  const line = readLine(text)
  switch (line?.kind) {
    case 'row':
      check.row(line.seq, line.body, line.hash)
      if (state.compared) state.places.add(line.seq, line.hash)
      break
    case 'omitted':
      check.omitted(line.range, line.head)
      if (state.compared) state.places.add(line.range.to, line.head)
      if (state.counted === 0) state.begins = { size: line.range.to, head: line.head }
      break
    case 'checkpoint':
      check.checkpoint(line.note)
      break
    case 'end':
      state.ended = true
      if (line.rows !== check.rows)
        check.wrong({ kind: 'missing', seq: 0, message: `The file says that it has ${line.rows} rows; ${check.rows} are there.` })
      break
    default:
      check.wrong({ kind: 'form', seq: check.size + 1, message: `Line ${number}, after row ${check.size}, is no line of an export.` })
  }
  state.counted++
}

/** A line of one of these is far smaller. */
const mostLineChars = 1_000_000

async function* linesOf(file: string): AsyncGenerator<string> {
  const raw = createReadStream(file)
  const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  raw.once('error', (error) => input.destroy(error))
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (line.length > mostLineChars) throw new FairleadError('too_large', `${file} has a line of more than ${mostLineChars} characters.`)
      yield line
    }
    if (input.errored) throw input.errored
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new FairleadError('not_found', `There is no file ${file}.`, { cause })
    if (code === 'EACCES' || code === 'EISDIR') throw new FairleadError('forbidden', `${file} cannot be read.`, { cause })
    if (code?.startsWith('Z_')) throw new FairleadError('invalid_input', `${file} is damaged: it cannot be unpacked.`, { cause })
    throw cause
  } finally {
    input.destroy()
    raw.destroy()
  }
}
