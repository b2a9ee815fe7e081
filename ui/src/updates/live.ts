import { follow } from '../api/api.ts'
import { createLoaded, type Loaded } from '../kit/loaded.ts'
import { createStream } from '../kit/live.ts'

/** Asked for now, and again whenever the hub says that something of the updates is otherwise. */
export function createFollowed<T>(run: () => Promise<T>): Loaded<T | undefined> {
  const loaded = createLoaded<T | undefined>('hosts:read', undefined, run)
  createStream(
    () => 0,
    async (_key, signal) => {
      let first = true
      for await (const _change of follow('updates.watch', {}, signal)) {
        if (!first) await loaded.load()
        first = false
      }
    },
  )
  return loaded
}
