import type { HostFacts } from '@fairlead/protocol/features/hosts.ts'
import type { Database } from '../base/db.ts'
import { and, eq, isNull } from '../base/drizzle.ts'
import { environments, hosts } from '../base/tables.ts'

/** What is stored of a host that is not revoked. */
export interface HostRecord {
  readonly id: string
  readonly environmentId: string
  /** Its name. */
  readonly environment: string
  readonly name: string
  readonly tags: readonly string[]
  readonly facts: HostFacts | null
  readonly enrolledMs: number
  /** 0: never. */
  readonly lastSeenMs: number
  readonly lastLoss: string
  /** A second copy of its key was seen: it may be looked at, nothing more. */
  readonly quarantined: boolean
}

/** Every host of every organization, held here so that no list and no request asks the database. */
export interface HostBook {
  /** By id. Read from the database once, then kept true by `put` and `remove`. */
  hosts(organization: string): Promise<ReadonlyMap<string, HostRecord>>
  /** Reads one host again, after its row was written. */
  reload(organization: string, id: string): Promise<void>
  /** Reads all of them again, after what they have in common was written. */
  reloadAll(organization: string): Promise<void>
  change(organization: string, id: string, fields: Partial<HostRecord>): void
  remove(organization: string, id: string): void
  /** What a host uses now, by name as in metrics.ts. */
  readonly usage: Map<string, Record<string, number | null>>
  /** Something that is shown of this host is different now. */
  changed(organization: string, id: string): void
  /** Told which hosts changed, at most four times a second. */
  onChange(organization: string, listener: (ids: ReadonlySet<string>) => void): () => void
}

const gatherMs = 250

export function openHostBook(db: Database): HostBook {
  const books = new Map<string, Promise<Map<string, HostRecord>>>()
  const usage = new Map<string, Record<string, number | null>>()
  const news = createNews()

  function load(organization: string): Promise<Map<string, HostRecord>> {
    const found = books.get(organization)
    if (found !== undefined) return found
    const loading = readHosts(db, organization).then((records) => new Map(records.map((record) => [record.id, record])))
    books.set(organization, loading)
    loading.catch(() => books.delete(organization))
    return loading
  }

  /** A book that cannot be read now is read whole, and true, when somebody asks for it. */
  async function edit(organization: string, id: string, change: (book: Map<string, HostRecord>) => void): Promise<void> {
    const book = await load(organization).catch(() => undefined)
    if (book === undefined) return
    change(book)
    news.tell(organization, id)
  }

  return {
    hosts: load,
    async reload(organization, id) {
      const book = await load(organization)
      const [record] = await readHosts(db, organization, id)
      if (record === undefined) book.delete(id)
      else book.set(id, record)
      news.tell(organization, id)
    },
    async reloadAll(organization) {
      books.delete(organization)
      for (const id of (await load(organization)).keys()) news.tell(organization, id)
    },
    change(organization, id, fields) {
      void edit(organization, id, (book) => {
        const record = book.get(id)
        if (record !== undefined) book.set(id, { ...record, ...fields })
      })
    },
    remove(organization, id) {
      usage.delete(id)
      void edit(organization, id, (book) => void book.delete(id))
    },
    usage,
    changed: news.tell,
    onChange: news.listen,
  }
}

/** Gathers what changed, by organization. */
function createNews() {
  const listeners = new Map<string, Set<(ids: ReadonlySet<string>) => void>>()
  const pending = new Map<string, Set<string>>()
  return {
    tell(organization: string, id: string): void {
      const told = listeners.get(organization)
      if (told === undefined || told.size === 0) return
      const ids = pending.get(organization)
      if (ids !== undefined) return void ids.add(id)
      pending.set(organization, new Set([id]))
      setTimeout(() => {
        const gathered = pending.get(organization)!
        pending.delete(organization)
        for (const listener of told) listener(gathered)
      }, gatherMs).unref()
    },
    listen(organization: string, listener: (ids: ReadonlySet<string>) => void): () => void {
      const told = listeners.get(organization) ?? new Set()
      listeners.set(organization, told.add(listener))
      return () => void told.delete(listener)
    },
  }
}

async function readHosts(db: Database, organization: string, id?: string): Promise<HostRecord[]> {
  const wanted = and(isNull(hosts.revokedAt), id === undefined ? undefined : eq(hosts.id, id))
  const own = and(eq(environments.organizationId, hosts.organizationId), eq(environments.id, hosts.environmentId))
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm.select({ host: hosts, environment: environments.name }).from(hosts).innerJoin(environments, own).where(wanted),
  )
  return rows.map(({ host: { id, environmentId, name, tags, facts, enrolledAt, lastSeenAt, lastLoss, quarantinedAt }, environment }) => ({
    id,
    environmentId,
    environment,
    name,
    tags,
    facts,
    lastLoss,
    quarantined: quarantinedAt !== null,
    enrolledMs: enrolledAt.getTime(),
    lastSeenMs: lastSeenAt?.getTime() ?? 0,
  }))
}
