import { createHash } from 'node:crypto'
import type { Database } from '@fairlead/hub/base/db.ts'
import { createPerson } from '../../fleet/console.ts'
import { sleep } from '../measure/numbers.ts'
import type { Person } from './people.ts'

/** What people look at, one after the other, about every two seconds each. */
const pages = ['/hosts', '/fleet/container?limit=50', '/audit?limit=50', '/environments', '/me', '/roles', '/accounts']

interface Look {
  readonly db: Database
  readonly base: string
  readonly people: readonly Person[]
  readonly seconds: number
}

interface Looked {
  readonly apiMs: readonly number[]
  /** Of a transaction with row-level security as the hub makes for a login, beside all that. */
  readonly databaseMs: readonly number[]
  readonly failed: number
  readonly pagesMs: ReadonlyMap<string, readonly number[]>
}

export async function browse({ db, base, people, seconds }: Look): Promise<Looked> {
  const apiMs: number[] = []
  const pagesMs = new Map(pages.map((page): [string, number[]] => [page, []]))
  const databaseMs: number[] = []
  let failed = 0
  const untilMs = performance.now() + seconds * 1000
  const look = async ({ cookie }: Person) => {
    const person = createPerson(base)
    person.cookie = cookie
    await sleep(Math.random() * 2000)
    for (let n = Math.floor(Math.random() * pages.length); performance.now() < untilMs; n++) {
      const startMs = performance.now()
      const { status } = await person.ask('GET', `/api/v1${pages[n % pages.length]!}`)
      const ms = performance.now() - startMs
      apiMs.push(ms)
      pagesMs.get(pages[n % pages.length]!)!.push(ms)
      if (status !== 200) failed++
      await sleep(1000 + Math.random() * 2000)
    }
  }
  const ask = async () => {
    for (let n = 0; performance.now() < untilMs; n++) {
      const login = createHash('sha256')
        .update(people[n % people.length]!.cookie.slice(16))
        .digest()
      const startMs = performance.now()
      await db.tx({ login }, (sql) => sql`SELECT account_id FROM logins WHERE token_hash = ${login} AND expires_at > now()`)
      databaseMs.push(performance.now() - startMs)
      await sleep(20)
    }
  }
  await Promise.all([...people.map(look), ask()])
  return { apiMs, databaseMs, failed, pagesMs }
}
