import { FairleadError } from '@fairlead/protocol/errors.ts'
import { fault } from './fault.ts'
import { attributeOf, type Attribute } from './schema.ts'

export type Resource = Record<string, unknown>

export const most = { text: 1024, values: 1000, documentBytes: 128 * 1024 } as const

/** What counts of a resource, in the schema's own spelling; the rest is passed over. Throws `invalidValue` naming the attribute. */
export function readResource(attributes: readonly Attribute[], given: Resource): Resource {
  const read = readFields(attributes, given, '')
  if (JSON.stringify(read).length > most.documentBytes)
    throw new FairleadError('too_large', `A resource has ${most.documentBytes / 1024} KiB at most.`)
  for (const { name, required } of attributes)
    if (required === true && (typeof read[name] !== 'string' || read[name].trim() === ''))
      throw fault('invalidValue', `${name} is missing.`)
  return read
}

function readFields(attributes: readonly Attribute[], given: Resource, before: string): Resource {
  const read: Resource = {}
  for (const [key, value] of Object.entries(given)) {
    const attribute = attributeOf(attributes, key)
    if (attribute === undefined || value === null || value === undefined) continue
    const plain = readValue(attribute, value, `${before}${attribute.name}`)
    if (plain !== undefined) read[attribute.name] = plain
  }
  return read
}

export function readValue(attribute: Attribute, value: unknown, path: string): unknown {
  if (attribute.multi === true) return readSeveral(attribute, value, path)
  return readOne(attribute, value, path)
}

function readOne({ type, sub }: Attribute, value: unknown, path: string): unknown {
  if (type === 'string') return readText(value, path)
  if (type === 'boolean') return readFlag(value, path)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault('invalidValue', `${path} is an object.`)
  const read = readFields(sub!, value as Resource, `${path}.`)
  return Object.keys(read).length === 0 ? undefined : read
}

function readSeveral(attribute: Attribute, value: unknown, path: string): Resource[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length > most.values) throw fault('invalidValue', `${path} has ${most.values} values at most.`)
  const { multi: _several, ...single } = attribute
  const read = values.flatMap((one) => {
    const fields = readOne(single, typeof one === 'string' ? { value: one } : one, path) as Resource | undefined
    return fields === undefined ? [] : [fields]
  })
  // Of several that are said to be the first, the first is.
  const first = read.findIndex((one) => one['primary'] === true)
  return read.map((one, at) => (one['primary'] === true && at !== first ? { ...one, primary: false } : one))
}

function readText(value: unknown, path: string): string {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text !== 'string') throw fault('invalidValue', `${path} is a text.`)
  if (text.length > most.text || text.includes('\0'))
    throw fault('invalidValue', `${path} has ${most.text} characters at most, none of them NUL.`)
  return text
}

/** Some directories write flags as texts, with a capital letter. */
function readFlag(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  if (text !== 'true' && text !== 'false') throw fault('invalidValue', `${path} is true or false.`)
  return text === 'true'
}
