/** What is so now, and again whenever it changes; changes that come while nobody reads are told as one. */
export async function* tellChanges<T>(
  view: () => T,
  onChange: (listener: () => void) => () => void,
  signal: AbortSignal,
): AsyncGenerator<T> {
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
        yield view()
      }
      await wake.promise
      wake = Promise.withResolvers()
    }
  } finally {
    stop()
  }
}
