import { statSync } from 'node:fs'

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** Whose the state is; undefined: this account's own. */
export function otherOwner(stateDir: string): Account | undefined {
  const { uid, gid } = statSync(stateDir)
  return process.geteuid?.() === 0 && uid !== 0 ? { uid, gid } : undefined
}

/** Root writes there as the account that may write there anyway: a link that it laid leads root nowhere. */
export async function asOwner<T>(stateDir: string, work: () => Promise<T> | T): Promise<T> {
  const owner = otherOwner(stateDir)
  if (owner === undefined) return work()
  process.setegid!(owner.gid)
  process.seteuid!(owner.uid)
  try {
    return await work()
  } finally {
    process.seteuid!(0)
    process.setegid!(0)
  }
}
