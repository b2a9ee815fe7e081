import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { UpdateState, updates } from '@fairlead/protocol/features/updates.ts'
import type { Config } from '../config.ts'
import { tellChanges } from '../told.ts'
import { version } from '../version.ts'
import { findOwn, here } from './own.ts'

export interface Updates {
  readonly handlers: Handlers<typeof updates>
  view(): UpdateState
}

export interface UpdatesDeps {
  readonly config: Pick<Config, 'starter'>
  /** The one that the agent runs in. */
  readonly container: string | undefined
}

export function openUpdates({ config, container }: UpdatesDeps): Updates {
  const { kind, target, problem } = findOwn(here(config.starter, container))
  const listeners = new Set<() => void>()
  const view = (): UpdateState => ({ version, kind, target, sha256: '', counter: 0, phase: 'idle', next: null, before: null, problem })
  const onChange = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const refuse = () => new FairleadError('unsupported', 'This agent takes no updates yet.')
  return {
    view,
    handlers: {
      watch: (_input, { signal }) => tellChanges(view, onChange, signal),
      offer: () => Promise.reject(refuse()),
      // eslint-disable-next-line require-yield
      async *fill() {
        throw refuse()
      },
      start: () => Promise.reject(refuse()),
      revert: () => Promise.reject(refuse()),
    },
  }
}
