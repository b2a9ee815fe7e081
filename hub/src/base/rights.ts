/** Where something is. Nothing said: the organization itself. */
export interface Place {
  readonly environment?: string
  readonly host?: string
  readonly tags?: readonly string[]
}

export type Reach = { readonly on: 'organization' } | { readonly on: 'environment' | 'host' | 'tag'; readonly target: string }

/** One grant as it counts for one account: what a role allows or denies, and where. */
export interface Grant {
  readonly id: string
  /** The role's name, and the team it came through; empty: given to the account itself. */
  readonly role: string
  readonly team: string
  readonly effect: 'allow' | 'deny'
  readonly permissions: ReadonlySet<string>
  readonly reach: Reach
}

interface Decision {
  readonly allowed: boolean
  /** What decided; undefined: nothing allows it. */
  readonly because: Grant | undefined
}

/** What one account may do in one organization. Nothing is allowed that no grant allows, and a denial wins over every one that does. */
export interface Rights {
  /** Equal for two that allow the same. */
  readonly key: string
  readonly grants: readonly Grant[]
  can(permission: string, place: Place): boolean
  decide(permission: string, place: Place): Decision
  /** Somewhere at all: what is asked of many hosts is let in, and narrowed to those that it holds for. */
  somewhere(permission: string): boolean
  /** At every place of the organization, those to come too. */
  everywhere(permission: string): boolean
  /** At all that a reach takes in, hosts to come too: so may be given there. `within`: where the host of a reach is. */
  throughout(permission: string, reach: Reach, within?: Place): boolean
}

export function makeRights(grants: readonly Grant[]): Rights {
  const allows = grants.filter(({ effect }) => effect === 'allow')
  const denies = grants.filter(({ effect }) => effect === 'deny')
  const find = (among: readonly Grant[], permission: string, place: Place) =>
    among.find(({ permissions, reach }) => permissions.has(permission) && reaches(reach, place))

  function decide(permission: string, place: Place): Decision {
    const denied = find(denies, permission, place)
    if (denied !== undefined) return { allowed: false, because: denied }
    const because = find(allows, permission, place)
    return { allowed: because !== undefined, because }
  }

  const holds = (among: readonly Grant[], permission: string) => among.some(({ permissions }) => permissions.has(permission))
  const whole = (among: readonly Grant[], permission: string) => find(among, permission, {}) !== undefined

  return {
    key: grants.map(keyOf).sort().join('\n'),
    grants,
    decide,
    can: (permission, place) => decide(permission, place).allowed,
    somewhere: (permission) => holds(allows, permission) && !whole(denies, permission),
    everywhere: (permission) => whole(allows, permission) && !holds(denies, permission),
    throughout: (permission, reach, within) =>
      allows.some((grant) => grant.permissions.has(permission) && reaches(grant.reach, placeOf(reach))) &&
      !denies.some((grant) => grant.permissions.has(permission) && touches(grant.reach, reach, within)),
  }
}

/** Nobody's. */
export const noRights = makeRights([])

/** No more than these permissions, however much the grants allow. */
export function limitRights(rights: Rights, permissions: ReadonlySet<string>): Rights {
  return makeRights(
    rights.grants.map((grant) =>
      grant.effect === 'deny' ? grant : { ...grant, permissions: new Set([...grant.permissions].filter((one) => permissions.has(one))) },
    ),
  )
}

/** What is of the organization, without the running of the hub. */
export function withinOrganization(rights: Rights): Rights {
  return makeRights(
    rights.grants.map((grant) => ({
      ...grant,
      permissions: new Set([...grant.permissions].filter((permission) => !permission.startsWith('hub:'))),
    })),
  )
}

function reaches(reach: Reach, { environment, host, tags }: Place): boolean {
  switch (reach.on) {
    case 'organization':
      return true
    case 'environment':
      return reach.target === environment
    case 'host':
      return reach.target === host
    case 'tag':
      return tags?.includes(reach.target) === true
  }
}

/** Where a grant's permissions must be held by whoever gives it: at any host of that reach, so the reach alone must do. */
function placeOf(reach: Reach): Place {
  switch (reach.on) {
    case 'organization':
      return {}
    case 'environment':
      return { environment: reach.target }
    case 'host':
      return { host: reach.target }
    case 'tag':
      return { tags: [reach.target] }
  }
}

/** Whether what is denied could be at a host of the reach. Hosts are moved and tagged: only what is certainly apart is apart. */
function touches(denied: Reach, reach: Reach, within: Place | undefined): boolean {
  if (denied.on === 'organization' || reach.on === 'organization') return true
  if (denied.on === reach.on) return denied.on === 'tag' || denied.target === reach.target
  return reach.on !== 'host' || within === undefined || reaches(denied, within)
}

function keyOf({ effect, permissions, reach }: Grant): string {
  return JSON.stringify([effect, reach.on, reach.on === 'organization' ? '' : reach.target, [...permissions].sort()])
}
