import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Caller } from '../base/access.ts'
import type { Places } from '../base/serve.ts'

interface MoveDeps {
  readonly places: Places
  /** Tags that grants refer to. */
  readonly grantedTags: (organization: string) => Promise<ReadonlySet<string>>
}

export type JudgeMove = (
  caller: Caller,
  host: string,
  to: { readonly environment: string } | { readonly tags: readonly string[] },
) => Promise<string | undefined>

/**
 * Environment and tags of a host say who may do what with it. Into another environment it goes with the permission to manage hosts there
 * too; a tag that somebody was granted something by is given and taken by whoever may grant.
 */
export function createMoves({ places, grantedTags }: MoveDeps): JudgeMove {
  return async (caller, host, to) => {
    if ('environment' in to) {
      const { id: environment } = await places.environment(caller.organization, to.environment)
      if (caller.rights.can('hosts:manage', { environment })) return environment
      throw new FairleadError('forbidden', 'This needs the permission hosts:manage in the environment that the host goes to, too.', {
        details: { field: 'environment' },
      })
    }
    const { tags: before } = await places.host(caller.organization, host)
    const changed = [...before, ...to.tags].filter((tag) => before.includes(tag) !== to.tags.includes(tag))
    const some = await grantedTags(caller.organization)
    const granted = changed.find((tag) => some.has(tag))
    if (granted === undefined || caller.rights.can('roles:grant', {})) return undefined
    throw new FairleadError('forbidden', `The tag ${granted} says who may do what with a host: this needs the permission roles:grant.`, {
      details: { field: 'tags' },
    })
  }
}
