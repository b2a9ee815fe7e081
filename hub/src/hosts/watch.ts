import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { Sight } from '../base/sight.ts'
import { describeHost, type Sources } from './describe.ts'

interface Deps extends Sources {
  readonly list: (organization: string, sight: Sight) => Promise<Host[]>
}

interface Viewer {
  readonly organization: string
  readonly sight: () => Promise<Sight>
  readonly signal: AbortSignal
}

interface Batch {
  readonly hosts: Host[]
  readonly gone: string[]
  readonly reset: boolean
  readonly done: boolean
}

/** As many hosts as fit an item of a stream, with all their facts: by number, and by what they weigh, which is the hosts' own to say. */
const batchHosts = 8
const batchBytes = 24 * 1024

/** All hosts, then those that changed: only they are described again. */
export async function* watchHosts(deps: Deps, { organization, sight, signal }: Viewer): AsyncGenerator<Batch> {
  const { book } = deps
  let wake = Promise.withResolvers<void>()
  let news = new Set<string>()
  const stop = book.onChange(organization, (ids) => {
    for (const id of ids) news.add(id)
    wake.resolve()
  })
  signal.addEventListener('abort', () => wake.resolve())
  try {
    const all = await deps.list(organization, await sight())
    const shown = new Map(all.map((host) => [host.id, fingerprint(host)]))
    yield* batches(all, [], true)
    while (!signal.aborted) {
      if (news.size === 0) await wake.promise
      wake = Promise.withResolvers()
      const ids = news
      news = new Set()
      const [records, { sees }] = await Promise.all([book.hosts(organization), sight()])
      const changed: Host[] = []
      const gone: string[] = []
      for (const id of ids) {
        const record = records.get(id)
        if (record === undefined || !sees(id)) {
          if (shown.delete(id)) gone.push(id)
          continue
        }
        const host = describeHost(deps, organization, record)
        const print = fingerprint(host)
        if (shown.get(id) === print) continue
        shown.set(id, print)
        changed.push(host)
      }
      if (changed.length + gone.length > 0) yield* batches(changed, gone, false)
    }
  } finally {
    stop()
  }
}

function* batches(hosts: readonly Host[], gone: string[], reset: boolean): Generator<Batch> {
  const pieces = cut(hosts)
  for (const [at, piece] of pieces.entries())
    yield { hosts: piece, gone: at === 0 ? gone : [], reset: reset && at === 0, done: at === pieces.length - 1 }
}

/** At least one piece. */
function cut(hosts: readonly Host[]): Host[][] {
  const pieces: Host[][] = [[]]
  let bytes = 0
  for (const host of hosts) {
    const size = Buffer.byteLength(JSON.stringify(host))
    const last = pieces.at(-1)!
    if (last.length > 0 && (last.length >= batchHosts || bytes + size > batchBytes)) {
      pieces.push([])
      bytes = 0
    }
    pieces.at(-1)!.push(host)
    bytes += size
  }
  return pieces
}

/** That time passes while a host is there is no news of it. */
function fingerprint(host: Host): string {
  return JSON.stringify(host.online ? { ...host, lastSeenMs: 0 } : host)
}
