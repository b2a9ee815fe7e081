interface Options {
  /** Questions come at most so often; the first one after a pause waits for nothing. */
  readonly everyMs?: number
  /** Keys of one question. */
  readonly most?: number
}

/**
 * One question at a time, for all keys that came since the one before: of a fleet that returns at once, hundreds share a
 * transaction. `ask` answers in the order of its keys; when it fails, so does each of its calls.
 */
export function batched<K, V>(
  ask: (keys: readonly K[]) => Promise<readonly V[]>,
  { everyMs = 20, most = 500 }: Options = {},
): (key: K) => Promise<V> {
  const waiting: { readonly key: K; readonly resolve: (value: V) => void; readonly reject: (error: unknown) => void }[] = []
  let askedMs = Number.NEGATIVE_INFINITY
  let busy = false

  async function run(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const restMs = askedMs + everyMs - performance.now()
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs))
      askedMs = performance.now()
      const batch = waiting.splice(0, most)
      try {
        const values = await ask(batch.map(({ key }) => key))
        for (const [index, { resolve }] of batch.entries()) resolve(values[index]!)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    busy = false
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      if (!busy) void run()
    })
}

/** By organization: row-level security shows the rows of one at a time. */
export function byOrganization<T extends { readonly organization: string }>(items: readonly T[]): Map<string, T[]> {
  return Map.groupBy(items, ({ organization }) => organization)
}
