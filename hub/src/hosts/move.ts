import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Caller } from '../base/access.ts'
import type { Place } from '../base/rights.ts'
import type { HostRef, Places } from '../base/serve.ts'

interface MoveDeps {
  readonly places: Places
  /** Tags that grants refer to. */
  readonly grantedTags: (organization: string) => Promise<ReadonlySet<string>>
}

/** What becomes of a host; what is not said stays. */
interface Move {
  readonly environment?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** The id of the environment that it goes to, where one is named. */
export type JudgeMove = (caller: Caller, host: string, to: Move) => Promise<string | undefined>

/**
 * Environment and tags of a host say who may do what with it. Into another environment it goes with the permission to manage hosts there
 * too; a tag that somebody was granted something by is given and taken by whoever may grant. By neither does anybody come to do more with
 * a host than they could.
 */
export function createMoves({ places, grantedTags }: MoveDeps): JudgeMove {
  return async (caller, host, to) => {
    if (to.environment === undefined && to.tags === undefined) return undefined
    const before = await places.host(caller.organization, host)
    const environment = to.environment === undefined ? undefined : (await places.environment(caller.organization, to.environment)).id
    if (environment !== undefined && !caller.rights.can('hosts:manage', { environment }))
      throw new FairleadError('forbidden', 'This needs the permission hosts:manage in the environment that the host goes to, too.', {
        details: { field: 'environment' },
      })
    if (to.tags !== undefined) judgeTags(caller, before, to.tags, await grantedTags(caller.organization))
    refuseGain(caller, before, { host: before.id, environment: environment ?? before.environment, tags: to.tags ?? before.tags })
    return environment
  }
}

function judgeTags({ rights }: Caller, { tags: before }: HostRef, after: readonly string[], granted: ReadonlySet<string>): void {
  const changed = [...before, ...after].filter((tag) => before.includes(tag) !== after.includes(tag))
  const named = changed.find((tag) => granted.has(tag))
  if (named === undefined || rights.can('roles:grant', {})) return
  throw new FairleadError('forbidden', `The tag ${named} says who may do what with a host: this needs the permission roles:grant.`, {
    details: { field: 'tags' },
  })
}

/** Judged whole: of two changes at once, neither alone may take away what denies. */
function refuseGain({ rights }: Caller, { id, environment, tags }: HostRef, after: Place): void {
  const before = { host: id, environment, tags }
  const all = new Set(rights.grants.flatMap(({ permissions }) => [...permissions]))
  const gained = [...all].filter((permission) => rights.can(permission, after) && !rights.can(permission, before))
  if (gained.length === 0) return
  const some = `${gained.slice(0, 3).join(', ')}${gained.length > 3 ? ', …' : ''}`
  throw new FairleadError(
    'forbidden',
    `You could do more with the host there than you may now (${some}): whoever may that already moves it.`,
    {
      details: { field: after.environment === environment ? 'tags' : 'environment' },
    },
  )
}
