import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { HubContext } from './access.ts'

/**
 * A caller's keys name its own account's things on the host it asked: who knows somebody else's key goes on with nothing of
 * theirs, and is not answered with what came of their change. The same after a restart, so that a stream outlives the hub.
 */
export function keyOf({ caller, host }: Pick<HubContext, 'caller' | 'host'>, key: Uint8Array): Uint8Array {
  const named = createHash('sha256').update(`${caller.organization}\0${caller.account}\0${host}\0`).update(key)
  return new Uint8Array(named.digest().subarray(0, 16))
}

export const keyHeader = 'Idempotency-Key'
const form = /^[!-~]{1,128}$/

/** Of a change that a script asks for over HTTP: its host does nothing twice under one. */
export function readKey(header: string | undefined, context: Pick<HubContext, 'caller' | 'host'>): { readonly key?: Uint8Array } {
  if (header === undefined) return {}
  if (!form.test(header)) throw new FairleadError('invalid_input', `${keyHeader} is up to 128 printable characters without blanks.`)
  return { key: keyOf(context, Buffer.from(header)) }
}
