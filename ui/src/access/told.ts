import type { Explained, Reach, RoleGrant } from '@fairlead/protocol/features/roles.ts'
import { plain } from '../kit/plain.ts'
import { say, sayIfKnown } from './words.ts'

/** A role as people call it: built-in ones in the reader's language, an organization's own as it named them. */
export const roleWords = (name: string): string => sayIfKnown(`role.${name}`) ?? plain(name)

/** What a role is for. */
export const roleWhat = ({ id, builtIn, description }: { id: string; builtIn: boolean; description: string }): string =>
  builtIn ? (sayIfKnown(`roleWhat.${id}`) ?? '') : plain(description)

export const permissionWords = (name: string): string => sayIfKnown(`may.${name}`) ?? name
export const featureWords = (feature: string): string => sayIfKnown(`feature.${feature}`) ?? feature

/** Asked of one's own login, of whoever has a link, or of whoever runs the hub: no role of an organization gives or keeps it. */
export const isGiven = (permission: string): boolean => !/^(?:logins|hub):|^accounts:join$/.test(permission)

interface Named {
  readonly on: string
  readonly name: string
}

/** Where something holds, in words that follow a role's name. */
export function placeWords({ on, name }: Named): string {
  if (on === 'organization') return say('place.organization')
  if (name === '') return say('place.gone')
  const key = (['environment', 'host', 'tag'] as const).find((one) => one === on)
  return key === undefined ? plain(name) : say(`place.${key}`, { name: plain(name) })
}

/** What decided about a permission, in words. */
export function becauseWords(because: Explained['permissions'][number]['because']): string {
  if (because === null) return say('explain.nothing')
  const values = { role: roleWords(because.role), place: placeWords(because.reach) }
  const own = say(because.effect === 'deny' ? 'explain.denied' : 'explain.because', values)
  return because.team === '' ? own : `${own}, ${say('explain.team', { team: plain(because.team) })}`
}

/** What is looked at most stands first; features that came later follow by name. */
const order = [
  'hosts',
  'fleet',
  'containers',
  'terminals',
  'events',
  'metrics',
  'secrets',
  'environments',
  'accounts',
  'teams',
  'roles',
  'tokens',
  'identities',
  'scim',
  'settings',
  'audit',
]

const looks = (permission: string) => permission.endsWith(':read')

interface Feature<T> {
  readonly name: string
  readonly items: readonly T[]
}

/** Permissions by what they are about, looking before doing: `hosts:read` belongs to `hosts`. */
export function byFeature<T>(items: readonly T[], nameOf: (item: T) => string): readonly Feature<T>[] {
  const found = new Map<string, T[]>()
  for (const item of items) {
    const feature = nameOf(item).split(':', 1)[0]!
    found.set(feature, [...(found.get(feature) ?? []), item])
  }
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  return [...found]
    .map(([name, some]) => ({ name, items: some.sort((a, b) => Number(!looks(nameOf(a))) - Number(!looks(nameOf(b)))) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name))
}

/** Whether this one makes its holder an owner, and nobody else is one: it cannot be taken back. */
export function isLastOwner(grant: Owning, all: readonly Owning[]): boolean {
  const owners = new Set(all.filter(isOwnership).map(({ holder }) => holder.id))
  return isOwnership(grant) && owners.size <= 1
}

type Owning = Pick<RoleGrant, 'role' | 'effect' | 'holder'>
const isOwnership = ({ role, effect }: Owning) => role.id === 'owner' && effect === 'allow'

/** As it is asked for. */
export function reachOf({ reach: { on, target } }: Pick<RoleGrant, 'reach'>): Reach {
  return on === 'organization' ? { on } : { on, target }
}
