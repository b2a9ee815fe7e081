/** That something is otherwise, for whoever looks: told at most four times a second. */
export interface News {
  changed(organization: string): void
  watch(organization: string, signal: AbortSignal): AsyncGenerator<{ revision: number }>
}

const gatherMs = 250

export function createNews(): News {
  const revisions = new Map<string, number>()
  const listeners = new Map<string, Set<() => void>>()
  const pending = new Set<string>()
  return {
    changed(organization) {
      if (pending.has(organization)) return
      pending.add(organization)
      setTimeout(() => {
        pending.delete(organization)
        revisions.set(organization, (revisions.get(organization) ?? 0) + 1)
        for (const listener of listeners.get(organization) ?? []) listener()
      }, gatherMs).unref()
    },
    async *watch(organization, signal) {
      let wake = Promise.withResolvers<void>()
      const listener = () => wake.resolve()
      const own = listeners.get(organization) ?? new Set()
      listeners.set(organization, own.add(listener))
      signal.addEventListener('abort', listener)
      try {
        while (!signal.aborted) {
          wake = Promise.withResolvers()
          yield { revision: revisions.get(organization) ?? 0 }
          await wake.promise
        }
      } finally {
        own.delete(listener)
      }
    },
  }
}
