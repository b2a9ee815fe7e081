// What is said, as it stands in the sources: text, and holes where something is filled in.

/** What is filled in; `says`: the sentences that it may itself be. */
export interface Hole {
  readonly says: readonly Template[]
}
export type Template = readonly (string | Hole)[]

export const anything: readonly Template[] = [[{ says: [] }]]

/** Which way the conditions went that lead to a text, by where they stand: what is asked twice has one answer. */
const chosen = new WeakMap<Template, ReadonlyMap<string, boolean>>()

/** Each of these is said only where the condition is so. */
export function onlyIf(condition: string, holds: boolean, all: readonly Template[]): readonly Template[] {
  return all.map((one) => {
    const own: Template = [...one]
    chosen.set(own, new Map([...(chosen.get(one) ?? []), [condition, holds]]))
    return own
  })
}

export function joined(before: readonly Template[], after: readonly Template[]): readonly Template[] {
  return before.flatMap((one) =>
    after.flatMap((other) => {
      const [ways, others] = [chosen.get(one) ?? new Map<string, boolean>(), chosen.get(other) ?? new Map<string, boolean>()]
      if ([...others].some(([condition, holds]) => ways.has(condition) && ways.get(condition) !== holds)) return []
      const both: Template = [...one, ...other]
      chosen.set(both, new Map([...ways, ...others]))
      return [both]
    }),
  )
}

export const either = (one: readonly Template[], other: readonly Template[]) => unique([...one, ...other])

/** Each once; where two read alike, their holes may be what either's may. */
export function unique(all: readonly Template[]): readonly Template[] {
  const found = new Map<string, Template>()
  for (const one of all) {
    const text = textOf(one)
    const before = found.get(text)
    found.set(text, before === undefined || before === one ? one : merged(before, one))
  }
  return [...found.values()]
}

function merged(one: Template, other: Template): Template {
  const holes = other.filter((part) => typeof part !== 'string')
  return one.map((part) => {
    if (typeof part === 'string') return part
    const also = holes.shift()?.says ?? []
    return also.length === 0 || also === part.says ? part : { says: either(part.says, also) }
  })
}

/** The template as it is written down, its holes by number. */
export function textOf(template: Template): string {
  let holes = 0
  return template.map((one) => (typeof one === 'string' ? one : `{${++holes}}`)).join('')
}

/** There is a word in it. */
export const isWords = (template: Template): boolean => template.some((one) => typeof one === 'string' && /[a-z]{2}/i.test(one))
