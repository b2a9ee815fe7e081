import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Entry } from './rows.ts'
import { wordsOf } from './rows.ts'

export type Match = (entry: Entry) => boolean

const term = /(-?)(?:([A-Za-z][\w.-]*):)?(?:"([^"]*)"|([^\s"]+))(?=\s|$)/y
/** A lone dash, or a name whose value was not typed yet. */
const unfinished = /^(-|[A-Za-z][\w.-]*:)$/
const mostTerms = 32

/**
 * The filter bar's language: `state:exited host:web-* tag:prod image:nginx -name:test "free text"`. Words of one name are
 * alternatives, different names must all match, free words must all match; `-` excludes. Throws `invalid_input` that points
 * at the word that cannot be read: `details.at` is its place in the text.
 */
export function parseFilter(text: string): Match {
  const wanted = new Map<string, Match[]>()
  const excluded: Match[] = []
  let terms = 0
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, term.lastIndex)) {
    term.lastIndex = at
    const found = term.exec(text)
    if (found === null) throw unreadable(text, at)
    if (++terms > mostTerms)
      throw new FairleadError('invalid_input', `A filter may have at most ${mostTerms} words.`, { details: { field: 'filter', at } })
    const [, minus, name = '', quoted, bare] = found
    const value = quoted ?? bare ?? ''
    if (value === '' || (name === '' && quoted === undefined && unfinished.test(value))) throw unreadable(text, at)
    const match = matcher(name, value)
    if (minus === '-') excluded.push(match)
    else wanted.set(name, [...(wanted.get(name) ?? []), match])
  }
  const groups = [...wanted].map(([name, matches]): Match =>
    name === '' ? (entry) => matches.every((match) => match(entry)) : (entry) => matches.some((match) => match(entry)),
  )
  return (entry) => groups.every((match) => match(entry)) && !excluded.some((match) => match(entry))
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/.test(text[at]!)) at++
  return at
}

function unreadable(text: string, at: number): FairleadError {
  const rest = text.slice(at)
  const word = /^\S*/.exec(rest)![0].slice(0, 40)
  const quotes = (rest.match(/"/g) ?? []).length
  const why =
    quotes % 2 === 1
      ? 'a quote has no end; add the missing "'
      : /^-?[A-Za-z][\w.-]*:($|\s|"")/.test(rest)
        ? `nothing follows the colon; write ${word.replace(/:.*$/, '')}:something, or leave it out`
        : 'write name:value, "free text", or put a quote around the whole word'
  return new FairleadError('invalid_input', `The filter cannot be read at "${word}": ${why}.`, { details: { field: 'filter', at, word } })
}

function matcher(name: string, value: string): Match {
  const like = pattern(value)
  const exact = value.toLowerCase()
  switch (name) {
    case '':
      return value.includes('*')
        ? ({ row }) =>
            [row.name, row.hostName, row.status, ...row.tags].some(like) || Object.values(row.facts).some((fact) => like(String(fact)))
        : (entry) => wordsOf(entry).includes(exact) || entry.row.id.startsWith(value)
    case 'state':
      return ({ row }) => like(row.status) || like(row.state) || (exact === 'stale' && row.staleMs !== undefined)
    case 'host':
      return ({ row }) => like(row.hostName) || row.host === value
    case 'name':
      return ({ row }) => like(row.name)
    case 'tag':
      return ({ row }) => row.tags.some(like)
    case 'id':
      return ({ row }) => row.id.startsWith(value)
    default: {
      // "nginx:1.27" typed as free text is a name and a value by its looks only.
      const whole = `${name}:${value}`.toLowerCase()
      return (entry) => {
        const { facts, links } = entry.row
        if (Object.hasOwn(facts, name) && like(String(facts[name]))) return true
        return links.some((link) => link.rel === name && like(link.id)) || wordsOf(entry).includes(whole)
      }
    }
  }
}

/** With a `*`, the whole text must fit; without one, any part of it. Never a regular expression of the user's making. */
function pattern(value: string): (text: string) => boolean {
  const wanted = value.toLowerCase()
  if (!wanted.includes('*')) return (text) => text.toLowerCase().includes(wanted)
  const [first = '', ...rest] = wanted.split('*')
  const last = rest.pop() ?? ''
  return (text) => {
    const whole = text.toLowerCase()
    if (!whole.startsWith(first) || !whole.endsWith(last) || whole.length < first.length + last.length) return false
    let at = first.length
    for (const part of rest) {
      at = whole.indexOf(part, at)
      if (at < 0 || at + part.length > whole.length - last.length) return false
      at += part.length
    }
    return true
  }
}
