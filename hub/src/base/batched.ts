/**
 * One question at a time: keys that come while it is answered are asked for together next. Alone a key waits for nothing; of a
 * fleet that returns at once, hundreds share a transaction. `ask` answers in the order of its keys; when it fails, so does each
 * of its calls.
 */
export function batched<K, V>(ask: (keys: readonly K[]) => Promise<readonly V[]>, most = 500): (key: K) => Promise<V> {
  const waiting: { readonly key: K; readonly resolve: (value: V) => void; readonly reject: (error: unknown) => void }[] = []
  let busy = false

  async function run(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
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
