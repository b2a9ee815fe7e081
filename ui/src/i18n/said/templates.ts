/** French by its English. Holes are `{1}`, `{2}` in both; `{1*}`: what fills it is looked up as well. */
export type Templates = Readonly<Record<string, string>>

interface Pattern {
  readonly literals: readonly string[]
  /** The numbers of its holes, in the order of the English. */
  readonly holes: readonly string[]
  readonly french: string
}

/** Longer than any sentence of ours; what is longer is somebody else's text. */
const mostChars = 4000
const mostDeep = 3

/**
 * Says in French what one of the templates fits, the one with the most text of its own first. Each is tried once from left to right,
 * and never goes back, so that no text makes it slow: where every hole may be anything, the first fit is as good as any.
 */
export function makeSaid(templates: Templates): (text: string) => string {
  const whole = new Map<string, string>()
  const patterns: Pattern[] = []
  for (const [english, french] of Object.entries(templates)) {
    const [first = '', ...parts] = english.split('{')
    const rest = parts.map((one) => one.split('}') as [string, string])
    if (rest.length === 0) whole.set(english, french)
    else patterns.push({ literals: [first, ...rest.map(([, literal]) => literal)], holes: rest.map(([hole]) => hole), french })
  }
  patterns.sort((one, other) => lengthOf(other) - lengthOf(one))
  return (text) => look(text, 0) ?? text

  function look(text: string, deep: number): string | undefined {
    if (text.length > mostChars || deep > mostDeep) return undefined
    const found = whole.get(text)
    if (found !== undefined) return found
    for (const pattern of patterns) {
      const bound = fit(text, pattern)
      if (bound === undefined) continue
      return pattern.french.replaceAll(/\{(\d+)(\*?)\}/g, (_whole, hole: string, also: string) => {
        const value = bound.get(hole) ?? ''
        return also === '' ? value : (look(value, deep + 1) ?? value)
      })
    }
    return undefined
  }
}

const lengthOf = ({ literals }: Pattern) => literals.reduce((sum, one) => sum + one.length, 0)

/** What fills the holes; undefined: it does not fit. */
function fit(text: string, { literals, holes }: Pattern): ReadonlyMap<string, string> | undefined {
  const last = literals.at(-1)!
  let at = literals[0]!.length
  const end = text.length - last.length
  if (at > end || !text.startsWith(literals[0]!) || !text.endsWith(last)) return undefined
  const bound = new Map<string, string>()
  for (const [place, hole] of holes.entries()) {
    const next = place === holes.length - 1 ? end : text.indexOf(literals[place + 1]!, at)
    if (next < at || next + literals[place + 1]!.length > text.length) return undefined
    bound.set(hole, text.slice(at, next))
    at = next + literals[place + 1]!.length
  }
  return bound
}
