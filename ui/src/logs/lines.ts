import { decodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'

export interface LogLine {
  readonly timeMs: number
  /** 0 stdout, 1 stderr, 2 the agent's own notice. */
  readonly source: number
  readonly level: number
  readonly text: string
}

/** The newest lines of a view; the oldest go first. */
export const mostLines = 100_000

const decoder = new TextDecoder()

export function readLines(batch: Uint8Array): LogLine[] {
  const { count, times, sources, levels, lengths, text } = decodeLogLines(batch)
  const lines: LogLine[] = []
  for (let i = 0, at = 0; i < count; at += lengths[i]!, i++) {
    lines.push({
      timeMs: times[i]!,
      source: sources[i]!,
      level: levels[i]!,
      text: clean(decoder.decode(text.subarray(at, at + lengths[i]!))),
    })
  }
  return lines
}

// Colours and every other order to a terminal; what a progress bar overwrote; what turns a line around.
const orders = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g
const invisible = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g

/** Text that can only be text: no escape sequence survives, and what hides is shown. */
export function clean(text: string): string {
  const last = text.slice(text.lastIndexOf('\r', text.length - 2) + 1)
  return last.replaceAll(orders, '').replaceAll(invisible, (char) => (char === '\r' ? '' : `‹${char.charCodeAt(0).toString(16)}›`))
}

const levelNames = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** `text /regex/i -exclude level:warn+ stream:stderr`: all must fit. Undefined: a regular expression that cannot be read. */
export function parseLogFilter(filter: string): ((line: LogLine) => boolean) | undefined {
  const tests: ((line: LogLine) => boolean)[] = []
  for (const word of filter.match(/\/(?:[^/\\]|\\.)+\/i?|"[^"]*"|\S+/g) ?? []) {
    const test = parseWord(word)
    if (test === undefined) return undefined
    tests.push(test)
  }
  return (line) => tests.every((test) => test(line))
}

function parseWord(word: string): ((line: LogLine) => boolean) | undefined {
  const regex = /^\/(.+)\/(i?)$/.exec(word)
  if (regex !== null) {
    // Nested repeats take for ever on the wrong line; they are refused rather than run.
    if (/[+*}]\)?[+*{]/.test(regex[1]!)) return undefined
    try {
      const expression = new RegExp(regex[1]!, regex[2])
      return ({ text }) => expression.test(text.slice(0, 4096))
    } catch {
      return undefined
    }
  }
  const level = /^level:([a-z]+)(\+?)$/.exec(word)
  if (level !== null) {
    const wanted = levelNames.indexOf(level[1]!)
    return wanted < 0 ? undefined : (line) => (level[2] === '+' ? line.level >= wanted : line.level === wanted)
  }
  const stream = /^stream:(stdout|stderr)$/.exec(word)
  if (stream !== null) return ({ source }) => source === (stream[1] === 'stdout' ? 0 : 1)
  const wanted = word.replace(/^-/, '').replaceAll('"', '').toLowerCase()
  if (word.startsWith('-') && word.length > 1) return ({ text }) => !text.toLowerCase().includes(wanted)
  return ({ text }) => text.toLowerCase().includes(wanted)
}
