import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'

/** Samples of the last 24 h, 8 MiB at most, for a hub that was away. On disk where there is one, else in memory. */
export interface Ring {
  push(sample: MetricSample): void
  /** Everything after a position, oldest first, a piece at a time. A position of another boot is before everything. */
  after(bootId: string | undefined, seq: number, most: number): MetricSample[]
  close(): void
}

const mostBytes = 8 * 1024 * 1024
const mostAgeMs = 24 * 3_600_000
/** What memory may hold where the disk cannot. */
const memorySamples = 720

interface Row {
  readonly place: number
  readonly boot: string
  readonly seq: number
  readonly body: string
}

/** `file` undefined: memory only. */
export async function openRing(file: string | undefined, onProblem: (message: string) => void = () => undefined): Promise<Ring> {
  if (file === undefined) return memoryRing()
  try {
    return await diskRing(file, onProblem)
  } catch (cause) {
    onProblem(`Metrics are kept in memory only, for two hours: ${file} cannot be used (${(cause as Error).message}).`)
    return memoryRing()
  }
}

async function diskRing(file: string, onProblem: (message: string) => void): Promise<Ring> {
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512; PRAGMA auto_vacuum = INCREMENTAL')
  db.exec(
    'CREATE TABLE IF NOT EXISTS samples (place INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, body TEXT NOT NULL)',
  )
  db.exec('CREATE UNIQUE INDEX IF NOT EXISTS samples_position ON samples (boot, seq)')
  const insert = db.prepare('INSERT OR REPLACE INTO samples (boot, seq, at, body) VALUES (?, ?, ?, ?)')
  const since = db.prepare('SELECT place, boot, seq, body FROM samples WHERE place > ? ORDER BY place LIMIT ?')
  const find = db.prepare('SELECT place FROM samples WHERE boot = ? AND seq <= ? ORDER BY seq DESC LIMIT 1')
  const old = db.prepare('DELETE FROM samples WHERE at < ?')
  const oldest = db.prepare('DELETE FROM samples WHERE place IN (SELECT place FROM samples ORDER BY place LIMIT ?)')
  const size = db.prepare(
    'SELECT page_count * page_size - freelist_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size(), pragma_freelist_count()',
  )
  const fallback = memoryRing()
  let pushed = 0
  let said = false

  return {
    push(sample) {
      try {
        insert.run(
          sample.bootId,
          sample.seq,
          sample.timeMs,
          JSON.stringify([sample.timeMs, sample.points.map(({ kind, id, values }) => [kind, id, values])]),
        )
        if (++pushed % 60 !== 0) return
        old.run(sample.timeMs - mostAgeMs)
        while ((size.get() as { bytes: number }).bytes > mostBytes) oldest.run(60)
        db.exec('PRAGMA incremental_vacuum')
      } catch (cause) {
        fallback.push(sample)
        if (!said)
          onProblem(
            `Metrics are kept in memory for now: the disk takes no more (${(cause as Error).message}). Free some space; nothing else is needed.`,
          )
        said = true
      }
    },
    after(bootId, seq, most) {
      const place = bootId === undefined ? 0 : ((find.get(bootId, seq) as { place: number } | undefined)?.place ?? 0)
      const rows = (since.all(place, most) as unknown as Row[]).map(readRow)
      return rows.length > 0 ? rows : fallback.after(bootId, seq, most)
    },
    close: () => db.close(),
  }
}

function readRow({ boot, seq, body }: Row): MetricSample {
  const [timeMs, points] = JSON.parse(body) as [number, [string, string, (number | null)[]][]]
  return {
    bootId: boot,
    seq,
    timeMs,
    dropped: 0,
    points: points.map(([kind, id, values]) => ({ kind, id, values: values.map((value) => value ?? Number.NaN) })),
  }
}

function memoryRing(): Ring {
  const samples: MetricSample[] = []
  return {
    push(sample) {
      samples.push(sample)
      if (samples.length > memorySamples) samples.shift()
    },
    after(bootId, seq, most) {
      const index = samples.findLastIndex((sample) => sample.bootId === bootId && sample.seq <= seq)
      return samples.slice(index + 1, index + 1 + most)
    },
    close: () => undefined,
  }
}
