import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { mostTags } from '@fairlead/protocol/tags.ts'
import { ask } from '../api/api.ts'
import type { Key } from '../i18n/en.ts'
import { may } from '../kit/me.ts'

export const hostVerbs = ['tag', 'untag', 'revoke'] as const
export type HostVerb = (typeof hostVerbs)[number]
type Tagged = Pick<Host, 'id' | 'name' | 'tags'>

export const labelOf = (verb: HostVerb): Key & `hosts.bulk.${HostVerb}` => `hosts.bulk.${verb}`

/** Why none of this can be done by this person; undefined: it can. */
export function reasonAgainst(): Key | undefined {
  return may('hosts:manage') ? undefined : 'bulk.skip.permission'
}

/** The tags of a host afterwards. */
export function tagsAfter(verb: HostVerb, before: readonly string[], tags: readonly string[]): readonly string[] {
  return verb === 'untag' ? before.filter((tag) => !tags.includes(tag)) : [...new Set([...before, ...tags])]
}

interface HostPlan<H extends Tagged> {
  readonly hosts: readonly H[]
  readonly skipped: readonly { readonly reason: Key; readonly count: number }[]
}

/** What would be done to which of these, before anything is. */
export function planHosts<H extends Tagged>(verb: HostVerb, hosts: readonly H[], tags: readonly string[]): HostPlan<H> {
  const counts = new Map<Key, number>()
  const able = hosts.filter((host) => {
    const reason = reasonAgainst() ?? (verb === 'revoke' ? undefined : reasonOf(verb, host, tags))
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    return reason === undefined
  })
  return { hosts: able, skipped: [...counts].map(([reason, count]) => ({ reason, count })) }
}

function reasonOf(verb: HostVerb, host: Tagged, tags: readonly string[]): Key | undefined {
  const after = tagsAfter(verb, host.tags, tags)
  if (tags.length > 0 && after.length === host.tags.length) return verb === 'untag' ? 'hosts.skip.lacks' : 'hosts.skip.has'
  return verb === 'tag' && after.length > mostTags ? 'hosts.skip.full' : undefined
}

/** Every tag that any of these has, with how many have it; the most frequent first. */
export function tagsOf(hosts: readonly Tagged[]): readonly { readonly tag: string; readonly count: number }[] {
  const counts = new Map<string, number>()
  for (const { tags } of hosts) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return [...counts].map(([tag, count]) => ({ tag, count })).sort((a, b) => b.count - a.count || (a.tag < b.tag ? -1 : 1))
}

/** `host` as it is when its turn comes: what others did to its tags meanwhile stays. */
export function runOn(verb: HostVerb, host: Tagged, tags: readonly string[]): Promise<unknown> {
  if (verb === 'revoke') return ask('hosts.revoke', { host: host.id })
  return ask('hosts.update', { host: host.id, tags: [...tagsAfter(verb, host.tags, tags)] })
}
