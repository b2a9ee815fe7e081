import os from 'node:os'
import { jsonPage } from '@fairlead/protocol/line.ts'
import { writeWhole } from '../whole.ts'
import { readJournal } from '../journal/files.ts'
import { readLosses } from '../losses.ts'
import type { Cli } from './verb.ts'
import { examine } from './doctor.ts'
import { readStatus } from './status.ts'

const journalEntries = 200

/** What helps from afar: no key, no value of an environment variable, no argument of a command is in any of it. */
export async function run(cli: Cli): Promise<void> {
  const { config, options, version, warn } = cli
  const part = async (read: () => unknown) => {
    try {
      return await read()
    } catch (error) {
      return { error: String(error) }
    }
  }
  const document = {
    made: new Date().toISOString(),
    version,
    node: process.version,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    stateDir: config.stateDir,
    status: await part(() => readStatus(cli)),
    doctor: await part(() => examine(cli)),
    losses: await part(() => readLosses(config.stateDir)),
    journal: await part(() => {
      const { entries, changedIn } = readJournal(config.stateDir)
      return { changedIn: changedIn ?? null, entries: entries.slice(-journalEntries) }
    }),
  }
  const text = `${jsonPage(document)}\n`
  const file = options['out']
  if (typeof file !== 'string') return void process.stdout.write(text)
  writeWhole(file, text)
  warn(`Written to ${file}, for root alone; look at it before you send it.`)
}
