import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Option, Parsed, Verb } from './verb.ts'

/** Everything that is not as the table says is named, with what would be right. */
export function parseArgs(name: string, verb: Verb, argv: readonly string[]): Parsed {
  const words: string[] = []
  const options: Record<string, string | true> = {}
  const rest = [...argv]
  for (;;) {
    const word = rest.shift()
    if (word === undefined || word === '--') break
    if (!word.startsWith('-') || word === '-') {
      words.push(word)
      continue
    }
    const [flag, given] = splitAt(word)
    const found = Object.entries(verb.options ?? {}).find(
      ([long, { short }]) => flag === `--${long}` || (short !== undefined && flag === `-${short}`),
    )
    if (found === undefined) throw wrong(name, verb, `${flag} is no option of "${name}"`)
    options[found[0]] = valueOf(name, verb, found[1], flag, given, rest)
  }
  const command = rest
  if (verb.command === true && command.length === 0) throw wrong(name, verb, 'what is to be run comes after "--"')
  if (verb.command !== true) words.push(...command)
  const [least, most] = verb.words
  if (words.length < least) throw wrong(name, verb, `"${name}" wants ${verb.args}`)
  if (words.length > most) throw wrong(name, verb, `"${words[most]}" is too much`)
  return { words, options, command: verb.command === true ? command : [] }
}

function valueOf(name: string, verb: Verb, { arg }: Option, flag: string, given: string | undefined, rest: string[]): string | true {
  if (arg === undefined) {
    if (given !== undefined) throw wrong(name, verb, `${flag} takes nothing`)
    return true
  }
  const value = given ?? rest.shift()
  if (value === undefined) throw wrong(name, verb, `${flag} wants ${arg}`)
  return value
}

function splitAt(word: string): [string, string | undefined] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

export function usageOf(name: string, { args, options = {} }: Verb): string {
  const flags = Object.entries(options).map(
    ([long, { arg, short }]) => `[${short === undefined ? '' : `-${short}|`}--${long}${arg === undefined ? '' : ` ${arg}`}]`,
  )
  return ['fairlead-agent', name, ...flags, args].filter((part) => part !== '').join(' ')
}

function wrong(name: string, verb: Verb, what: string): FairleadError {
  return new FairleadError('invalid_input', `${what}. Usage: ${usageOf(name, verb)}`)
}

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `30m`, `2h`, `1d`: ms. */
export function parseTime(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? []
  const ms = Number(count) * units[unit as keyof typeof units]
  if (!(ms > 0 && ms <= 366 * units.d))
    throw new FairleadError('invalid_input', `"${text}" is no time; say 90s, 30m, 2h or 1d, a year at most.`)
  return ms
}

export function parseCount(name: string, text: string, most: number): number {
  const count = Number(text)
  if (!/^\d{1,9}$/.test(text) || count > most)
    throw new FairleadError('invalid_input', `${name} must be a whole number up to ${most}, not "${text.slice(0, 40)}".`)
  return count
}
