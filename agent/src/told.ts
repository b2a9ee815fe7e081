/** That something is otherwise now, for whoever listens. */
export interface Changes {
  tell(): void
  /** Answers how to stop listening. */
  onChange(listener: () => void): () => void
}

export function createChanges(): Changes {
  const listeners = new Set<() => void>()
  return {
    tell() {
      for (const listener of listeners) listener()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Once at first, then after changes; those that come while nobody reads are one. Ends with the signal. */
export async function* afterChanges(onChange: Changes['onChange'], signal: AbortSignal): AsyncGenerator<void> {
  let changed = true
  let wake = Promise.withResolvers<void>()
  const stop = onChange(() => {
    changed = true
    wake.resolve()
  })
  signal.addEventListener('abort', () => wake.resolve())
  try {
    while (!signal.aborted) {
      if (changed) {
        changed = false
        yield
      }
      await wake.promise
      wake = Promise.withResolvers()
    }
  } finally {
    stop()
  }
}

/** What is so now, and again whenever it changes. */
export async function* tellChanges<T>(view: () => T, onChange: Changes['onChange'], signal: AbortSignal): AsyncGenerator<T> {
  for await (const _ of afterChanges(onChange, signal)) yield view()
}
