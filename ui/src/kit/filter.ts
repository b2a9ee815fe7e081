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
