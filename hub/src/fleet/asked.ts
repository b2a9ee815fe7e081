import type { CallOptions } from '@fairlead/protocol/contract.ts'
import type { HubContext } from '../base/access.ts'

/**
 * What goes along with a change that a host is asked for: how long somebody waits, what finds it in both logs, and the caller's own key.
 * Whoever does not know how it ended asks again under that key, and the host says how, or does it now; never twice.
 */
export function asked({ signal, trace, key }: Pick<HubContext, 'key'> & Pick<CallOptions, 'signal' | 'trace'>): CallOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(trace === undefined ? {} : { trace }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  }
}
