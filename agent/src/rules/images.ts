import { codeOf } from '@fairlead/protocol/errors.ts'
import type { PruneRule, WouldGo } from '@fairlead/protocol/features/rules.ts'
import { ask, type Engine } from '../docker/engine.ts'

interface RawImage {
  readonly Id: string
  readonly RepoTags?: readonly string[] | null
  readonly RepoDigests?: readonly string[] | null
  readonly Created?: number
  readonly Size?: number
}

export interface Unused {
  readonly id: string
  readonly names: readonly string[]
  readonly bytes: number
  readonly createdMs: number
}

const dayMs = 86_400_000
const named = (all: readonly string[] | null | undefined) => (all ?? []).filter((name) => !name.startsWith('<none>'))

/** Images that no container is made of, running or not, and that were made and named here longer ago than the rule says. The largest first. */
export async function findUnused(
  engine: Engine,
  { images, olderDays }: Pick<PruneRule, 'images' | 'olderDays'>,
  nowMs: number,
): Promise<Unused[]> {
  const [all, containers] = await Promise.all([
    engine.call<RawImage[]>(ask('GET /images/json', {})),
    engine.call<{ ImageID?: string }[]>(ask('GET /containers/json', {}, { all: true })),
  ])
  const used = new Set(containers.map(({ ImageID = '' }) => plainId(ImageID)))
  const beforeMs = nowMs - olderDays * dayMs
  const old = all.filter(
    ({ Id, RepoTags, RepoDigests, Created = 0 }) =>
      !used.has(plainId(Id)) &&
      Created * 1000 <= beforeMs &&
      (images === 'unused' || (named(RepoTags).length === 0 && named(RepoDigests).length === 0)),
  )
  const found: Unused[] = []
  for (const { Id, RepoTags, Created = 0, Size = 0 } of old)
    if ((await taggedMs(engine, Id)) <= beforeMs) found.push({ id: Id, names: named(RepoTags), bytes: Size, createdMs: Created * 1000 })
  return found.sort((a, b) => b.bytes - a.bytes)
}

/** Podman leaves the algorithm out. */
const plainId = (id: string) => id.replace(/^sha256:/, '')

/** One that was pulled a moment ago may have been made years ago. */
async function taggedMs(engine: Engine, id: string): Promise<number> {
  try {
    const { Metadata } = await engine.call<{ Metadata?: { LastTagTime?: string } }>(ask('GET /images/{name}/json', { name: id }))
    return Date.parse(Metadata?.LastTagTime ?? '') || 0
  } catch (error) {
    if (codeOf(error) === 'not_found') return Number.POSITIVE_INFINITY
    throw error
  }
}

/**
 * Exactly this one, by each of its names; the engine refuses what was taken into use since. A name that another one has by now, as after
 * a pull, is that one's. False: it stays.
 */
export async function removeImage(engine: Engine, { id, names }: Unused): Promise<boolean> {
  let gone = false
  try {
    for (const name of names.length === 0 ? [id] : names) {
      if (plainId(await idOf(engine, name)) !== plainId(id)) continue
      await engine.call(ask('DELETE /images/{name}', { name }, { force: false, noprune: true }), { timeoutMs: 120_000 })
      gone = true
    }
    return gone
  } catch (error) {
    if (['conflict', 'not_found'].includes(codeOf(error))) return false
    throw error
  }
}

async function idOf(engine: Engine, name: string): Promise<string> {
  const { Id } = await engine.call<{ Id: string }>(ask('GET /images/{name}/json', { name }))
  return Id
}

export function wouldGo(unused: readonly Unused[]): WouldGo {
  return {
    count: unused.length,
    bytes: unused.reduce((sum, { bytes }) => sum + bytes, 0),
    images: unused.slice(0, 100).map(({ id, names, bytes, createdMs }) => ({
      id: id.slice(0, 80),
      names: names.slice(0, 4).map((name) => name.slice(0, 256)),
      bytes,
      createdMs,
    })),
  }
}
