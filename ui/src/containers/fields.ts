import { unknownField, type UnknownField } from '../kit/filter.ts'

/** What the filter bar of containers offers by name. */
export const containerFields = [
  'state',
  'host',
  'name',
  'image',
  'stack',
  'service',
  'tag',
  'ports',
  'network',
  'health',
  'exitCode',
  'command',
  'id',
] as const

/**
 * A field that no container has. `nginx:1.27` looks like one and is found as a word: it is no mistake while something fits. What
 * excludes by a field that is not there never does anything, and is always said.
 */
export function unknownContainerField(filter: string, found: number | undefined): UnknownField | undefined {
  return unknownField(filter, containerFields, ({ minus }) => minus || found === 0)
}
