import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { cutFilter, unknownField, type Term } from '../kit/filter.ts'

/** What the filter bar of hosts offers by name. */
export const hostFilterNames = ['state', 'name', 'tag', 'environment', 'engine', 'os', 'agent'] as const

/** By somebody on the host; of one that is away nobody knows. */
export const isLocked = ({ online, facts }: Host): boolean => online && facts?.locked === true

/** The values that a name has on one host; undefined: there is no such name. */
export function valuesOfHost(host: Host, name: string): readonly string[] | undefined {
  switch (name) {
    case 'state':
      return [host.state, host.status, ...(isLocked(host) ? ['locked'] : [])]
    case 'name':
    case 'host':
      return [host.name, host.id]
    case 'tag':
      return host.tags
    case 'environment':
      return [host.environment, host.environmentId]
    case 'engine':
      return host.facts === null ? [] : [host.facts.engine.name, host.facts.engine.version]
    case 'os':
      return host.facts === null ? [] : [host.facts.os, host.facts.kernel, host.facts.arch]
    case 'agent':
      return host.facts === null ? [] : [host.facts.agentVersion]
  }
}

const matches = (value: string, pattern: string) =>
  pattern.includes('*')
    ? new RegExp(
        `^${pattern
          .split('*')
          .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
          .join('.*')}$`,
        'i',
      ).test(value)
    : value.toLowerCase().includes(pattern.toLowerCase())

/** As the hub filters rows: words of one name are alternatives, different names must all hold, a minus excludes. */
export function filterHosts(hosts: readonly Host[], filter: string): readonly Host[] {
  const { terms } = cutFilter(filter)
  if (terms.length === 0) return hosts
  const named = new Map<string, Term[]>()
  for (const term of terms.filter(({ minus, name }) => !minus && name !== '')) named.set(term.name, [...(named.get(term.name) ?? []), term])
  const holds = (host: Host, { name, value }: Term) =>
    (name === '' ? hostFilterNames.flatMap((one) => valuesOfHost(host, one) ?? []) : (valuesOfHost(host, name) ?? [])).some((one) =>
      matches(one, value),
    )
  return hosts.filter(
    (host) =>
      terms.every((term) => (term.minus ? !holds(host, term) : term.name !== '' || holds(host, term))) &&
      [...named.values()].every((alternatives) => alternatives.some((term) => holds(host, term))),
  )
}

/** A field that no host has: said, rather than shown as an empty list. */
export const unknownHostField = (filter: string) => unknownField(filter, [...hostFilterNames, 'host'])

interface Sortable {
  readonly key: string
  readonly value: (host: Host) => string | number
}

/** In the order of several keys, `-` before one for descending; the name decides between equals. What is not known comes last. */
export function sortHosts(hosts: readonly Host[], keys: readonly string[], columns: readonly Sortable[]): readonly Host[] {
  const by = [...keys, 'name'].flatMap((key) => {
    const column = columns.find((one) => one.key === key.replace(/^-/, ''))
    return column === undefined ? [] : [{ value: column.value, sign: key.startsWith('-') ? -1 : 1 }]
  })
  return [...hosts].sort((a, b) => {
    for (const { value, sign } of by) {
      const [left, right] = [value(a), value(b)]
      if (typeof left === 'number' && typeof right === 'number') {
        if (Number.isNaN(left) !== Number.isNaN(right)) return Number.isNaN(left) ? 1 : -1
        if (left !== right && !Number.isNaN(left)) return (left - right) * sign
        continue
      }
      const order = String(left).localeCompare(String(right), undefined, { numeric: true })
      if (order !== 0) return order * sign
    }
    return 0
  })
}
