import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeKekFile, readKek, type Kek } from './kek.ts'

// The hub's own key file changes in three steps: the next one is on the disk beside it, the database goes over to it, it takes its place.
// Whatever is cut off in between is ended at the next start.

const nextOf = (path: string) => `${path}.next`

/** A new key beside the one that is in use; one that was begun before is taken up again. */
export async function prepareNext(path: string): Promise<Kek> {
  makeKekFile(nextOf(path))
  return readKek({ kind: 'file', path: nextOf(path) })
}

/** The next key is the database's: it takes its place, and the one before stays beside it for backups from before. */
export function takeNext(path: string): string {
  const before = `${path}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  renameSync(path, before)
  chmodSync(before, 0o600)
  renameSync(nextOf(path), path)
  const fd = openSync(dirname(path), 'r')
  fsyncSync(fd)
  closeSync(fd)
  return before
}

/** A change that was cut off after the database went over: ended now. `id`: the key that the database is under. */
export async function endChange(path: string, id: Uint8Array): Promise<void> {
  if (!existsSync(nextOf(path))) return
  const next = await readKek({ kind: 'file', path: nextOf(path) })
  if (!next.id.equals(id)) return
  if (existsSync(path)) takeNext(path)
  else renameSync(nextOf(path), path)
}
