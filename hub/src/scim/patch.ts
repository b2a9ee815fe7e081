import { fault } from './fault.ts'
import { parseFilter, type Equal } from './filter.ts'
import { most, readValue, type Resource } from './read.ts'
import { attributeOf, urns, type Attribute } from './schema.ts'

const mostOperations = 1000

/** A place in a resource: `emails[type eq "work"].value`. */
interface Path {
  readonly attribute: Attribute
  /** Which of several; undefined: the attribute itself. */
  readonly which: readonly Equal[] | undefined
  readonly sub: Attribute | undefined
}

type Op = 'add' | 'replace' | 'remove'

/** The resource after all operations of a PATCH, or none of them: it throws what RFC 7644 3.5.2 calls the fault. */
export function patch(attributes: readonly Attribute[], resource: Resource, body: Resource): Resource {
  const key = Object.keys(body).find((name) => name.toLowerCase() === 'operations')
  const operations = key === undefined ? undefined : body[key]
  if (!Array.isArray(operations) || operations.length > mostOperations)
    throw fault('invalidSyntax', `A PATCH has a list of Operations, ${mostOperations} at most.`)
  const after = structuredClone(resource)
  for (const operation of operations as readonly unknown[]) apply(attributes, after, operation)
  return after
}

function apply(attributes: readonly Attribute[], resource: Resource, operation: unknown): void {
  const { op, path, value } = (typeof operation === 'object' && operation !== null ? operation : {}) as Resource
  const kind = String(op).toLowerCase()
  if (kind !== 'add' && kind !== 'replace' && kind !== 'remove') throw fault('invalidSyntax', 'An operation is add, replace or remove.')
  if (typeof path === 'string' && path !== '') return applyAt(attributes, resource, kind, path, value)
  if (kind === 'remove') throw fault('noTarget', 'What is removed needs a path.')
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault('invalidSyntax', 'Without a path the value is an object of attributes.')
  // Names of attributes, or paths: some directories write name.givenName here.
  for (const [name, one] of Object.entries(value)) applyAt(attributes, resource, kind, name, one)
}

/** No list grows beyond what it may have in the end: each of these looks at all of it, and nobody else is served meanwhile. */
function applyAt(attributes: readonly Attribute[], resource: Resource, op: Op, text: string, value: unknown): void {
  const path = parsePath(attributes, text)
  // What does not count here cannot be wrong here.
  if (path === undefined) return
  applyTo(resource, path, op, { value, text })
  const { name } = path.attribute
  const now = resource[name]
  if (Array.isArray(now) && now.length > most.values) throw fault('invalidValue', `${name} has ${most.values} values at most.`)
}

function applyTo(resource: Resource, path: Path, op: Op, { value, text }: { readonly value: unknown; readonly text: string }): void {
  const { attribute, which, sub } = path
  const { name } = attribute
  if (which !== undefined) return applyToSome(resource, path, op, value)
  if (sub !== undefined && attribute.multi === true) return applyToSome(resource, { ...path, which: [] }, op, value)
  if (op === 'remove' || value === null) return remove(resource, attribute, sub, value)
  const read = readValue(sub ?? attribute, value, text)
  if (sub !== undefined) resource[name] = { ...(resource[name] as Resource | undefined), [sub.name]: read }
  else if (attribute.multi === true && op === 'add') resource[name] = joined(listAt(resource, name), read as Resource[])
  else if (attribute.type === 'complex' && attribute.multi !== true)
    resource[name] = { ...(resource[name] as Resource | undefined), ...(read as Resource) }
  else resource[name] = read
}

function remove(resource: Resource, attribute: Attribute, sub: Attribute | undefined, value: unknown): void {
  const { name } = attribute
  if (sub !== undefined) {
    const { [sub.name]: _gone, ...rest } = (resource[name] as Resource | undefined) ?? {}
    resource[name] = rest
  } else if (attribute.multi === true && Array.isArray(value) && value.length > 0) {
    // Not of the standard: some directories name in the value which of several go.
    const leaving = new Set((readValue(attribute, value, name) as Resource[]).map((one) => one['value']))
    resource[name] = listAt(resource, name).filter((one) => !leaving.has(one['value']))
  } else delete resource[name]
}

/** What the brackets of a path choose. Nothing chosen: an `add` or `replace` of one part makes it, as directories expect. */
function applyToSome(resource: Resource, { attribute, which = [], sub }: Path, op: Op, value: unknown): void {
  const { name } = attribute
  const all = listAt(resource, name)
  const fits = (one: Resource) => which.every(({ path, value: wanted }) => same(one[attributeOf(attribute.sub!, path)?.name ?? ''], wanted))
  if (op === 'remove' || value === null) {
    const without = ({ ...one }: Resource) => {
      delete one[sub!.name]
      return one
    }
    resource[name] = sub === undefined ? all.filter((one) => !fits(one)) : all.map((one) => (fits(one) ? without(one) : one))
    return
  }
  const { multi: _several, ...single } = attribute
  const change = (
    sub === undefined ? readValue(single, value, name) : { [sub.name]: readValue(sub, value, `${name}.${sub.name}`) }
  ) as Resource
  if (all.some(fits)) resource[name] = all.map((one) => (fits(one) ? { ...one, ...change } : one))
  else
    resource[name] = [
      ...all,
      { ...Object.fromEntries(which.map(({ path, value: own }) => [attributeOf(attribute.sub!, path)!.name, own])), ...change },
    ]
}

function listAt(resource: Resource, name: string): Resource[] {
  return (resource[name] as Resource[] | undefined) ?? []
}

/** Each value once. A new one that is said to be the first is; what was no longer is. */
function joined(before: readonly Resource[], added: readonly Resource[]): Resource[] {
  const known = new Map(before.map((one) => [`${String(one['value'])}\0${String(one['type'] ?? '')}`, one]))
  const first = added.some((one) => one['primary'] === true)
  if (first) for (const [key, one] of known) known.set(key, { ...one, ...(one['primary'] === true ? { primary: false } : {}) })
  for (const one of added) known.set(`${String(one['value'])}\0${String(one['type'] ?? '')}`, one)
  return [...known.values()]
}

function same(value: unknown, wanted: string | boolean): boolean {
  return typeof value === 'string' && typeof wanted === 'string' ? value.toLowerCase() === wanted.toLowerCase() : value === wanted
}

const form = /^([A-Za-z$][\w$-]*)(?:\[((?:"(?:[^"\\]|\\.)*"|[^\]"])+)\])?(?:\.([A-Za-z$][\w$-]*))?$/

/** Undefined: it names nothing that counts here. Throws `invalidPath`. */
function parsePath(attributes: readonly Attribute[], text: string): Path | undefined {
  if (text.length > 1024) throw fault('invalidPath', 'A path has 1024 characters at most.')
  const extension = attributeOf(attributes, urns.enterprise)
  const small = text.toLowerCase()
  if (extension !== undefined && small.startsWith(urns.enterprise.toLowerCase())) {
    const rest = text.slice(urns.enterprise.length + 1)
    const sub = attributeOf(extension.sub!, rest)
    return rest === '' ? { attribute: extension, which: undefined, sub: undefined } : sub && { attribute: extension, which: undefined, sub }
  }
  const own = [urns.user, urns.group].find((urn) => small.startsWith(`${urn.toLowerCase()}:`))
  const bare = own === undefined ? text : text.slice(own.length + 1)
  if (/^urn:/i.test(bare)) return undefined
  const found = form.exec(bare)
  if (found === null) throw fault('invalidPath', 'A path is like name.familyName or emails[type eq "work"].value.')
  const [, name = '', brackets, part] = found
  const attribute = attributeOf(attributes, name)
  if (attribute === undefined) return undefined
  const which = brackets === undefined ? undefined : parseFilter(brackets)
  const sub = part === undefined ? undefined : attributeOf(attribute.sub ?? [], part)
  if (which !== undefined && attribute.multi !== true) throw fault('invalidPath', `Of ${attribute.name} there is one: it takes no filter.`)
  if (which?.some(({ path }) => attributeOf(attribute.sub!, path) === undefined) === true)
    throw fault('invalidFilter', `The filter names what ${attribute.name} has not.`)
  // A part that does not count here: $ref, display.
  if (part !== undefined && sub === undefined) return undefined
  return { attribute, which, sub }
}
