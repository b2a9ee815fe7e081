export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const mostJson = 256 * 1024
const pair = /(?<=^|[\s,;{([])([A-Za-z_@][\w.@/-]{0,63})=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)/g

/** The object a line is, when it is JSON; `undefined` for every other line. Some programs put a time or a name before it. */
export function parseJson(line: string): { readonly [name: string]: Json } | undefined {
  const at = line.indexOf('{')
  if (at < 0 || at > 64 || line.length > mostJson || !line.trimEnd().endsWith('}')) return undefined
  try {
    const value = JSON.parse(line.slice(at)) as Json
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { [name: string]: Json }) : undefined
  } catch {
    return undefined
  }
}

/** `level=info msg="it runs" ms=12`: a line with one pair at least. */
export function parseLogfmt(line: string): { readonly [name: string]: Json } | undefined {
  let found: Record<string, Json> | undefined
  for (const [, name, quoted, bare] of line.slice(0, 16_384).matchAll(pair)) {
    found ??= Object.create(null) as Record<string, Json>
    found[name!] ??= quoted === undefined ? bare! : quoted.replaceAll(/\\(.)/g, '$1')
  }
  return found
}

export function parseFields(line: string): { readonly [name: string]: Json } | undefined {
  return parseJson(line) ?? parseLogfmt(line)
}

/** `a.b` in `{ a: { b } }`, or under the very name "a.b"; `undefined` when there is no such field. */
export function fieldAt(fields: { readonly [name: string]: Json }, path: string): Json | undefined {
  if (Object.hasOwn(fields, path)) return fields[path]
  const dot = path.indexOf('.')
  if (dot < 0) return undefined
  const inner = Object.hasOwn(fields, path.slice(0, dot)) ? fields[path.slice(0, dot)] : undefined
  if (typeof inner !== 'object' || inner === null) return undefined
  return fieldAt(inner as { readonly [name: string]: Json }, path.slice(dot + 1))
}

const nameable = /^[A-Za-z_@][\w.@/-]{0,127}$/

/** The words of a filter that a field with this value fits; undefined when they cannot be written. */
export function fieldTerm(path: string, value: Json): string | undefined {
  const text = String(value)
  if (!nameable.test(path) || typeof value === 'object' || text === '' || text.length > 200 || /["\p{Cc}]/u.test(text)) return undefined
  return `${path}=${/\s/.test(text) ? `"${text}"` : text}`
}

/** A field as a cell shows it. */
export function cellText(fields: { readonly [name: string]: Json } | undefined, path: string): string {
  const value = fields === undefined ? undefined : fieldAt(fields, path)
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

/** Field names of an address. */
export function parseColumns(text: string): string[] {
  return [...new Set(text.split(','))].filter((name) => nameable.test(name)).slice(0, 6)
}
