import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import type { Database } from '@fairlead/hub/base/db.ts'
import { nobody } from '@fairlead/hub/base/access.ts'
import { secretOf } from '@fairlead/hub/base/secret.ts'
import { wholeSight } from '@fairlead/hub/base/sight.ts'
import { loadRights } from '@fairlead/hub/roles/rights.ts'
import { openTokens } from '@fairlead/hub/tokens/tokens.ts'
import type { Furnished } from './people.ts'

const checks = 10_000

/** Seconds of processor time for ten thousand checks of 200 tokens, each of which is first looked up in the database. */
export async function checkTokens(db: Database, { organization, people }: Furnished): Promise<number> {
  const permissions = [...new Set(Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door.needs)))]
  const tokens = openTokens({
    notices: { note: async () => undefined },
    db,
    permissions,
    rightsOf: (who) => loadRights(db, who, permissions),
  })
  const made: string[] = []
  for (const { id: account } of people) {
    const caller = { ...nobody('192.0.2.1', '', ''), account, organization }
    const context = { caller, host: '', environment: '', sight: async () => wholeSight, note: () => undefined }
    const input = { name: 'bench', scopes: ['hosts:read'], days: 90, addresses: [] }
    const { token } = await tokens.handlers.create(input, { ...context, signal: new AbortController().signal, trace: '' })
    made.push(token)
  }
  const about = { ip: '192.0.2.1', userAgent: '', trace: '' }
  const before = process.cpuUsage()
  for (let i = 0; i < checks; i++)
    if ((await tokens.findCaller(secretOf(made[i % made.length]!), about)) === undefined) throw new Error('a token was not found')
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
