import { FairleadError } from '@fairlead/protocol/errors.ts'

/** Equal for two names that people take for one. Not in SQL: its `lower` knows the letters of its locale, often none but a to z. */
export function foldName(name: string): string {
  // To and fro: ẞ has no partner the other way, and σ ends a word as ς.
  const folded = name.normalize('NFC').toLowerCase().toUpperCase().toLowerCase()
  return folded.replaceAll('ς', 'σ').normalize('NFC')
}

export interface Named {
  readonly id: string
  readonly name: string
}

/** Throws `conflict` when another of them has this name. `all` must not change before the transaction ends. */
export function refuseTaken(what: string, name: string, all: readonly Named[], own = ''): void {
  if (all.some((one) => one.id !== own && foldName(one.name) === foldName(name)))
    throw new FairleadError('conflict', `Another ${what} is named ${name} already.`, { details: { field: 'name' } })
}

/** What another system calls somebody, as it may be shown: composed, with nothing that is not to be seen. */
export function nameOf(name: string): string {
  const plain = name.normalize('NFC').replaceAll(/\p{C}/gu, '').trim().slice(0, 128)
  return plain === '' ? '-' : plain
}
