/** One word of the filter bar: `state:exited`, `-name:test`, `"free text"`. */
export interface Term {
  readonly text: string
  readonly minus: boolean
  /** Empty for a free word. */
  readonly name: string
  readonly value: string
}

const term = /(-?)(?:([A-Za-z][\w.-]*):)?(?:"([^"]*)"|([^\s"]+))(?=\s|$)/y

/**
 * The words of a filter and the rest that is no word yet: an open quote, `state:` without a value, a lone dash. The hub's own
 * reading in `inventory/filter.ts` decides what matches; this one only cuts.
 */
export function cutFilter(text: string): { readonly terms: readonly Term[]; readonly rest: string } {
  const terms: Term[] = []
  let at = 0
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at++
    if (at >= text.length) return { terms, rest: '' }
    term.lastIndex = at
    const found = term.exec(text)
    if (found === null) return { terms, rest: text.slice(at) }
    const [whole, minus, name = '', quoted, bare] = found
    const value = quoted ?? bare ?? ''
    if (value === '' || (quoted === undefined && name === '' && /^(-|[A-Za-z][\w.-]*:)$/.test(value)))
      return { terms, rest: text.slice(at) }
    terms.push({ text: whole, minus: minus === '-', name, value })
    at = term.lastIndex
  }
}

/** `name:value`, in quotes where the value needs them. A quote cannot be said in the language and is left out. */
export function writeTerm(name: string, value: string, minus = false): string {
  const clean = value.replaceAll('"', '')
  return `${minus ? '-' : ''}${name === '' ? '' : `${name}:`}${clean === '' || /\s/.test(clean) ? `"${clean}"` : clean}`
}

/** What is being typed: the name before the colon, if there is one yet, and the beginning of a value. */
export function draftOf(text: string): { readonly minus: boolean; readonly name: string | undefined; readonly typed: string } {
  const [, minus, name, typed] = /^(-?)(?:([A-Za-z][\w.-]*):)?"?(.*)$/s.exec(text)!
  return { minus: minus === '-', name, typed: typed ?? '' }
}

/** A word of a filter whose name is no field. */
export interface UnknownField {
  readonly name: string
  /** The field that is spelt most like it; undefined: none is near. */
  readonly nearest: string | undefined
  /** The filter with that field instead. */
  readonly mended: string
}

/** The first word of a filter that asks for a field which is not there; `among`: of these words alone. */
export function unknownField(
  filter: string,
  fields: readonly string[],
  among: (term: Term) => boolean = () => true,
): UnknownField | undefined {
  const { terms, rest } = cutFilter(filter)
  const wrong = terms.find((term) => term.name !== '' && !fields.includes(term.name) && among(term))
  if (wrong === undefined) return undefined
  const nearest = nearestWord(wrong.name, fields)
  const mend = (term: Term) => (term.name === wrong.name ? writeTerm(nearest ?? term.name, term.value, term.minus) : term.text)
  return { name: wrong.name, nearest, mended: [...terms.map(mend), rest].filter(Boolean).join(' ') }
}

/** The word that takes the fewest changes of a letter to become, two at most and fewer than half of its letters. */
function nearestWord(typed: string, words: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase()
  const [best] = words
    .map((word) => ({
      word,
      steps: word.toLowerCase().startsWith(wanted) && wanted.length > 1 ? 0.5 : stepsBetween(wanted, word.toLowerCase()),
    }))
    .filter(({ word, steps }) => steps <= 2 && steps * 2 < Math.max(word.length, wanted.length))
    .sort((a, b) => a.steps - b.steps)
  return best?.word
}

/** Letters to put in, take out, change, or let change places with the next. */
function stepsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : change
      row.push(Math.min(change, swap, row[j - 1]! + 1, rows[i - 1]![j]! + 1))
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}

/** Whether every typed word is somewhere in these texts. */
export function holdsWords(texts: readonly string[], filter: string): boolean {
  const all = texts.join(' ').toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}
