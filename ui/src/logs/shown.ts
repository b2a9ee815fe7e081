import { parseLine, plainLine, type Span } from './ansi.ts'
import { parseJson, parseLogfmt, type Json } from './fields.ts'

type Fields = { readonly [name: string]: Json }

/** Longer lines are cut where they are drawn; copies and files hold all of them. */
export const mostDrawn = 16_384
const mostRest = 600
const messages = ['msg', 'message', 'MESSAGE', '@m', 'text', 'event'] as const
/** Said elsewhere in the row: its time and its colour. */
const said = /^(?:level|lvl|severity|severity_text|levelname|loglevel|log\.level|@l|@level|time|ts|timestamp|@timestamp|@t|datetime)$/

/** What of a line is drawn, and which fields it has. */
export interface Shown {
  readonly spans: readonly Span[]
  readonly fields: Fields | undefined
  /** Characters at the end that are not drawn. */
  readonly left: number
}

/** JSON with a message shows the message and, paler, what else it holds; `raw` shows every line as it was written. */
export function showLine(line: string, raw: boolean): Shown {
  const plain = plainLine(line)
  const json = parseJson(plain)
  const message = json === undefined || raw ? undefined : messages.find((name) => typeof json[name] === 'string')
  if (json !== undefined && message !== undefined) {
    const rest = flatten(json, message)
    const text = json[message] as string
    const spans = parseLine(cut(text))
    return { spans: rest === '' ? spans : [...spans, { text: `  ${rest}`, style: 'rest' }], fields: json, left: leftOf(text) }
  }
  return { spans: parseLine(cut(line)), fields: json ?? manyFields(plain), left: leftOf(line) }
}

/** The text of what is drawn: where a found word stands is counted in it. */
export function shownText(line: string, raw: boolean): string {
  return showLine(line, raw)
    .spans.map(({ text }) => text)
    .join('')
}

/** `key=value` once is a word among others; twice is a habit. */
function manyFields(line: string): Fields | undefined {
  const fields = parseLogfmt(line)
  return fields !== undefined && Object.keys(fields).length > 1 ? fields : undefined
}

function flatten(json: Fields, message: string): string {
  let text = ''
  for (const [name, value] of Object.entries(json)) {
    if (name === message || said.test(name)) continue
    text += `${text === '' ? '' : ' '}${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`
    if (text.length > mostRest) return `${plainLine(text.slice(0, mostRest))}…`
  }
  return plainLine(text)
}

const leftOf = (text: string) => Math.max(0, text.length - mostDrawn)

function cut(text: string): string {
  return text.length > mostDrawn ? `${text.slice(0, mostDrawn)}…` : text
}
