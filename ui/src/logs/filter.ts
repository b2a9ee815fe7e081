import { fieldAt, parseFields, type Json } from './fields.ts'
import { levelNames } from './level.ts'

/** A line as a filter sees it: shown text, without colours. */
export interface Seen {
  readonly text: string
  readonly level: number
  /** 0 stdout, 1 stderr, 2 notice. */
  readonly stream: number
}

export interface Filter {
  fits(line: Seen): boolean
  /** Where the wanted text stands: start, end, start, end. */
  marks(text: string): number[]
  /** Every line fits. */
  readonly empty: boolean
  /** In lower case: each stands in every line that fits. */
  readonly needles: readonly string[]
  /** It is the first of `needles` and nothing else. */
  readonly oneWord: boolean
  /** With a regular expression one never knows when it comes to an end. */
  readonly endless: boolean
}

export interface FilterError {
  readonly why: 'regex' | 'level' | 'stream' | 'long'
  readonly word: string
}

type Test = (line: Cached) => boolean
interface Cached extends Seen {
  readonly lower: string
  readonly fields: ReturnType<typeof parseFields>
}

const mostFilter = 1024
/** What a regular expression gets to see of a line: a longer one costs more than it tells. */
const mostRegexText = 8192
const mostMarks = 64
const word = /-?\/(?:[^/\\]|\\.)+\/[a-z]*(?=\s|$)|-?"[^"]*"|[^\s"]+(?:"[^"]*")?/g
const compare = /^(?:json\.)?([A-Za-z_@][\w.@/-]*)(>=|<=|!=|=|>|<)(.+)$/

/** `text "two words" /regex/i -exclude level:warn+ stream:stderr json.ms>200 user=ada trace:abc`: all must fit. */
export function parseFilter(text: string): Filter | FilterError {
  if (text.length > mostFilter) return { why: 'long', word: `${text.slice(0, 20)}…` }
  const tests: Test[] = []
  const texts: string[] = []
  const needles: string[] = []
  const regexes: RegExp[] = []
  let endless = false
  for (const [whole] of text.matchAll(word)) {
    const not = whole.startsWith('-') && whole.length > 1
    const found = parseWord(not ? whole.slice(1) : whole)
    if ('why' in found) return found
    tests.push(not ? (line) => !found.test(line) : found.test)
    endless ||= found.regex !== undefined
    if (!not && found.text !== undefined && found.text !== '') texts.push(found.text)
    if (!not && found.needle !== undefined && found.needle !== '') needles.push(found.needle)
    if (!not && found.regex !== undefined) regexes.push(found.regex)
  }
  return {
    empty: tests.length === 0,
    needles,
    oneWord: tests.length === 1 && needles.length === 1,
    endless,
    fits(line) {
      const cached = remember(line)
      return tests.every((test) => test(cached))
    },
    marks: (shown) => findMarks(shown, texts, regexes),
  }
}

/** What several words need is made once for the line. */
function remember(line: Seen): Cached {
  let lower: string | undefined
  let fields: { readonly value: ReturnType<typeof parseFields> } | undefined
  return {
    text: line.text,
    level: line.level,
    stream: line.stream,
    get lower() {
      return (lower ??= line.text.toLowerCase())
    },
    get fields() {
      return (fields ??= { value: parseFields(line.text) }).value
    },
  }
}

interface Word {
  readonly test: Test
  readonly text?: string
  readonly needle?: string
  readonly regex?: RegExp
}

function parseWord(whole: string): Word | FilterError {
  const regex = /^\/(.+)\/([a-z]*)$/s.exec(whole)
  if (regex !== null) return parseRegex(whole, regex[1]!, regex[2]!)
  const level = /^level:([a-z]*)(\+?)$/i.exec(whole)
  if (level !== null) {
    const wanted = levelNames.indexOf(level[1]!.toLowerCase() as 'info')
    if (wanted < 0) return { why: 'level', word: whole }
    return { test: level[2] === '+' ? ({ level }) => level >= wanted : ({ level }) => level === wanted }
  }
  const stream = /^stream:(.*)$/.exec(whole)
  if (stream !== null) {
    const wanted = ['stdout', 'stderr', 'notice'].indexOf(stream[1]!)
    return wanted < 0 ? { why: 'stream', word: whole } : { test: ({ stream }) => stream === wanted }
  }
  const compared = compare.exec(whole)
  if (compared !== null) return { test: comparison(compared[1]!, compared[2]!, unquote(compared[3]!), whole.toLowerCase()) }
  const named = /^([A-Za-z_@][\w.@-]*):(.+)$/.exec(whole)
  const wanted = unquote(whole).toLowerCase()
  if (named !== null) {
    const part = unquote(named[2]!).toLowerCase()
    const path = named[1]!
    return {
      test: (line) => has(line.fields, path, (value) => String(value).toLowerCase().includes(part)) || line.lower.includes(wanted),
      text: part,
    }
  }
  return { test: ({ lower }) => lower.includes(wanted), text: wanted, needle: wanted }
}

function parseRegex(whole: string, source: string, flags: string): { readonly test: Test; readonly regex: RegExp } | FilterError {
  if (!/^[imsu]*$/.test(flags)) return { why: 'regex', word: whole }
  try {
    const tester = new RegExp(source, flags)
    return { test: ({ text }) => tester.test(text.slice(0, mostRegexText)), regex: new RegExp(source, `${flags}g`) }
  } catch {
    return { why: 'regex', word: whole }
  }
}

function unquote(text: string): string {
  return text.replaceAll('"', '')
}

function has(fields: Cached['fields'], path: string, test: (value: Json) => boolean): boolean {
  const value = fields === undefined ? undefined : fieldAt(fields, path)
  return value !== undefined && test(value)
}

/** Numbers as numbers, all else as text; a line without the field is looked at as text, so that `a=b` finds a query string. */
function comparison(path: string, operator: string, wanted: string, whole: string): Test {
  const number = Number(wanted)
  const order = (value: Json): number | undefined => {
    const left = typeof value === 'number' ? value : Number.parseFloat(String(value))
    if (!Number.isNaN(number) && !Number.isNaN(left)) return left - number
    return operator.includes('=') && !/[<>]/.test(operator) ? (String(value).toLowerCase() === wanted.toLowerCase() ? 0 : 1) : undefined
  }
  const holds = (difference: number | undefined): boolean => {
    if (difference === undefined) return false
    if (operator === '=') return difference === 0
    if (operator === '!=') return difference !== 0
    if (operator === '>') return difference > 0
    if (operator === '<') return difference < 0
    return operator === '>=' ? difference >= 0 : difference <= 0
  }
  return (line) => {
    const value = line.fields === undefined ? undefined : fieldAt(line.fields, path)
    if (value === undefined) return operator === '=' && line.lower.includes(whole)
    return holds(order(value))
  }
}

function findMarks(shown: string, texts: readonly string[], regexes: readonly RegExp[]): number[] {
  const found: [number, number][] = []
  const lower = shown.toLowerCase()
  // A character that grows in lower case would put every later mark in the wrong place.
  if (lower.length === shown.length)
    for (const text of texts)
      for (let at = lower.indexOf(text); at >= 0 && found.length < mostMarks; at = lower.indexOf(text, at + text.length))
        found.push([at, at + text.length])
  for (const regex of regexes)
    for (const match of shown.slice(0, mostRegexText).matchAll(regex)) {
      if (found.length >= mostMarks) break
      if (match[0] !== '') found.push([match.index, match.index + match[0].length])
    }
  found.sort((a, b) => a[0] - b[0])
  const flat: number[] = []
  for (const [start, end] of found) {
    const lastEnd = flat.at(-1) ?? -1
    if (start <= lastEnd) flat[flat.length - 1] = Math.max(lastEnd, end)
    else flat.push(start, end)
  }
  return flat
}
