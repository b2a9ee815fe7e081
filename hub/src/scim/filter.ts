import { fault } from './fault.ts'

/** `path eq value`. `path` in small letters, without the schema's own name before it. */
export interface Equal {
  readonly path: string
  readonly value: string | boolean
}

const one = /^\s*([A-Za-z$][\w.:$-]*(?:\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\](?:\.[\w$]+)?)?)\s+(\w+)\s+("(?:[^"\\]|\\.)*"|true|false)\s*/i
const core = /^urn:ietf:params:scim:schemas:core:2\.0:(user|group):/

/** What directories ask: `eq`, several with `and` between. Throws `invalidFilter`. */
export function parseFilter(text: string): readonly Equal[] {
  const found: Equal[] = []
  for (let rest = text; ;) {
    const match = one.exec(rest)
    if (match === null) throw fault('invalidFilter', 'A filter is like userName eq "ada", with and between several.')
    const [whole, path = '', operator = '', value = ''] = match
    if (operator.toLowerCase() !== 'eq') throw fault('invalidFilter', `Of filters only eq is known here, not ${operator}.`)
    found.push({ path: path.toLowerCase().replace(core, ''), value: readValue(value) })
    rest = rest.slice(whole.length)
    if (rest === '') return found
    const and = /^and\s+/i.exec(rest)
    if (and === null || found.length >= 8)
      throw fault('invalidFilter', 'Between two filters only and is known here, eight of them at most.')
    rest = rest.slice(and[0].length)
  }
}

function readValue(text: string): string | boolean {
  if (text[0] !== '"') return text.toLowerCase() === 'true'
  try {
    return String(JSON.parse(text))
  } catch {
    throw fault('invalidFilter', 'This text is not written as JSON writes one.')
  }
}
