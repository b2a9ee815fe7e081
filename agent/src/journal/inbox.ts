import { readdirSync, rmSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { localVerbs } from '@fairlead/protocol/features/journal.ts'
import { makeForAgent, readText, writeForAgent } from '../whole.ts'
import { journalDir } from './files.ts'
import type { LocalNews } from './entry.ts'

/** One writer keeps the chain: what other programs of this host did waits here, a file each, whether or not an agent runs. */
const inboxDir = (stateDir: string) => join(journalDir(stateDir), 'in')

const mostWaiting = 1000
const nameForm = /^\d{15}-[0-9a-f]{16}\.json$/

const News = z.strictObject({
  id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  timeMs: z.number(),
  verb: z.enum(localVerbs),
  who: z.string().check(z.maxLength(64)),
  outcome: z.enum(['ok', 'failed']),
  target: z.string().check(z.maxLength(256)),
  targetName: z.string().check(z.maxLength(256)),
  facts: z.record(z.string().check(z.maxLength(32)), z.string().check(z.maxLength(256))),
})
export type Handed = z.infer<typeof News>

/** Handed in by the emergency CLI. */
export function handIn(stateDir: string, news: LocalNews): void {
  const folder = inboxDir(stateDir)
  makeForAgent(journalDir(stateDir))
  makeForAgent(folder)
  if (readdirSync(folder).length >= mostWaiting)
    throw new FairleadError(
      'too_many',
      `${mostWaiting} entries wait in ${folder} for the agent; start it, and they are taken into its journal.`,
    )
  const [id, timeMs] = [randomBytes(8).toString('hex'), Date.now()]
  writeForAgent(join(folder, `${String(timeMs).padStart(15, '0')}-${id}.json`), JSON.stringify({ ...news, id, timeMs }))
}

export interface Waiting {
  readonly news: Handed
  /** It is in the chain. */
  taken(): void
}

/** In the order in which they were handed in. What is no entry is thrown away. */
export function readInbox(stateDir: string): Waiting[] {
  const folder = inboxDir(stateDir)
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => nameForm.test(name))
  } catch {
    return []
  }
  return names.sort().flatMap((name) => {
    const file = join(folder, name)
    const taken = () => rmSync(file, { force: true })
    try {
      const read = News.safeParse(JSON.parse(readText(file)))
      if (read.success) return [{ news: read.data, taken }]
      taken()
    } catch (error) {
      if (error instanceof SyntaxError) taken()
    }
    return []
  })
}
