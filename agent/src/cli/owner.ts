import { statSync } from 'node:fs'

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** Whose the state is; undefined: this account's own, or nobody's yet. */
export function otherOwner(stateDir: string): Account | undefined {
  const found = statSync(stateDir, { throwIfNoEntry: false })
  return process.geteuid?.() === 0 && found !== undefined && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined
}

/** Root writes there as the account that may write there anyway: a link that it laid leads root nowhere. */
export async function asOwner<T>(stateDir: string, work: () => Promise<T> | T): Promise<T> {
  const leave = become(otherOwner(stateDir))
  try {
    return await work()
  } finally {
    leave()
  }
}

/** The same of what is done at once. */
export function asOwnerNow<T>(stateDir: string, work: () => T): T {
  const leave = become(otherOwner(stateDir))
  try {
    return work()
  } finally {
    leave()
  }
}

function become(owner: Account | undefined): () => void {
  if (owner === undefined) return () => undefined
  process.setegid!(owner.gid)
  process.seteuid!(owner.uid)
  return () => {
    process.seteuid!(0)
    process.setegid!(0)
  }
}
