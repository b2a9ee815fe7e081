import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { readConfig, type Config } from '../config.ts'

/** The hub's own settings, as it would start with. */
export function settingsOfHub(): Config {
  return readConfig(process.env)
}

/** One line from whoever sits there, or from what is piped in. */
export async function askLine(question: string): Promise<string> {
  return ask(question, process.stderr)
}

/** Not shown while it is typed. */
export async function askHidden(question: string): Promise<string> {
  const answer = await ask(question, new Writable({ write: (_part, _encoding, done) => done() }))
  process.stderr.write('\n')
  return answer
}

async function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  process.stderr.write(question)
  const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY === true })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}

/** A secret for a command: of a file, never of the command line, which every account of the machine can read. */
export function readPassphrase(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    throw new FairleadError(
      'invalid_input',
      `The file of the passphrase, ${file}, cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      { cause },
    )
  }
  return checked(text)
}

export function checked(passphrase: string): string {
  if (passphrase.length >= 12) return passphrase
  throw new FairleadError('invalid_input', 'A passphrase must have 12 characters at least; five unrelated words do.')
}

/** Words after a command's name that it does not know. Throws `invalid_input`. */
export function wrongUse(usage: string, cause?: unknown): never {
  throw new FairleadError('invalid_input', `${cause instanceof Error ? `${cause.message}. ` : ''}Use it so: fairlead-hub ${usage}`)
}

/** What stands after a command's name. Throws `invalid_input`. */
export function readArgs<const Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  args: readonly string[],
  options: Options,
) {
  if (args.includes('--help')) return wrongUse(usage)
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (cause) {
    return wrongUse(usage, cause)
  }
}

/** Says at most once a second how far long work is, on standard error. */
export function sayProgress<Progress>(json: boolean, inWords: (progress: Progress) => string) {
  let saidMs = 0
  return (progress: Progress) => {
    if (performance.now() - saidMs < 1000) return
    saidMs = performance.now()
    process.stderr.write(`${json ? JSON.stringify(progress) : inWords(progress)}\n`)
  }
}
