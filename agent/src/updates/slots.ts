import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { type Disk, makeForAgent, readText, writeForAgent } from '../whole.ts'

/** Where updates lie, and which program runs. The starter script reads this too, in `installers/starter.sh`. */
export const programsDir = (stateDir: string) => join(stateDir, 'programs')
const slotsFile = (stateDir: string) => join(programsDir(stateDir), 'slots')
const returnedFile = (stateDir: string) => join(programsDir(stateDir), 'returned')

/** What the install line put there; everything else is the name of a file below `programs`. */
export const installed = 'installed'
const nameForm = /^(?:installed|[0-9a-f]{64}(?:\.cjs)?)$/

/** A file of this hash; Node takes a bundle by its ending. */
export const slotOf = (sha256: string, isBundle: boolean) => (isBundle ? `${sha256}.cjs` : sha256)

export interface Slots {
  readonly now: string
  /** '' for none. */
  readonly before: string
  /** To be tried, or tried now; '' for none. */
  readonly next: string
}

export function readSlots(stateDir: string): Slots {
  const found: Record<string, string> = {}
  for (const line of readOr(slotsFile(stateDir)).split('\n')) {
    const [, key, value] = /^(now|before|next)=(.*)$/.exec(line) ?? []
    if (key !== undefined && nameForm.test(value!)) found[key] = value!
  }
  return { now: found['now'] ?? installed, before: found['before'] ?? '', next: found['next'] ?? '' }
}

export function makePrograms(stateDir: string): void {
  makeForAgent(programsDir(stateDir))
}

/** All or nothing. How often `next` was tried begins anew. */
export function writeSlots(stateDir: string, { now, before, next }: Slots, disk?: Disk): void {
  makePrograms(stateDir)
  const lines = [`now=${now}`, `before=${before}`, ...(next === '' ? [] : [`next=${next}`, 'tries=0'])]
  writeForAgent(slotsFile(stateDir), `${lines.join('\n')}\n`, disk)
}

export const fileOf = (stateDir: string, slot: string) => join(programsDir(stateDir), slot)

/** Which of them this file is. */
export function slotOfFile(stateDir: string, file: string): string {
  try {
    const [folder, name] = [fs.realpathSync(dirname(file)), file.slice(dirname(file).length + 1)]
    return folder === fs.realpathSync(programsDir(stateDir)) && nameForm.test(name) ? name : installed
  } catch {
    return installed
  }
}

/** What the starter gave back, and why; undefined: nothing since `forgetReturned`. */
export function readReturned(stateDir: string): { readonly slot: string; readonly why: string } | undefined {
  const [, slot = '', why = ''] = /^(\S+) (.*)$/m.exec(readOr(returnedFile(stateDir)).slice(0, 1024)) ?? []
  return nameForm.test(slot) ? { slot, why } : undefined
}

export function forgetReturned(stateDir: string): void {
  fs.rmSync(returnedFile(stateDir), { force: true })
}

/** Everything but these, and what is written beside programs. */
export function keepOnly(stateDir: string, kept: readonly string[]): void {
  const stays = new Set(['slots', 'returned', 'memory.json', ...kept])
  for (const name of fs.readdirSync(programsDir(stateDir)))
    if (!stays.has(name)) fs.rmSync(join(programsDir(stateDir), name), { force: true, recursive: true })
}

function readOr(file: string): string {
  try {
    return readText(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
