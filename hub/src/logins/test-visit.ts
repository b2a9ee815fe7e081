import type { Caller } from '../base/access.ts'
import { secretOf, type Secret } from '../base/secret.ts'
import { noSight } from '../base/sight.ts'
import type { LoginContext } from './logins.ts'

/** Somebody's browser: it keeps its cookies. */
export function visitOf(caller: Caller) {
  const jar = { token: '', away: '', device: undefined as Secret | undefined }
  const context: LoginContext & { signal: AbortSignal; trace: string } = {
    caller,
    host: '',
    environment: '',
    sight: async () => noSight,
    note: () => undefined,
    signal: new AbortController().signal,
    trace: 't',
    cookie: { set: (token) => void (jar.token = token), clear: () => void (jar.token = '') },
    device: {
      get shown() {
        return jar.device
      },
      set: (token) => void (jar.device = secretOf(token)),
    },
    away: { set: (token) => void (jar.away = token) },
    door: { secure: true, insecureReason: '', secureUrl: '' },
  }
  return { jar, context }
}
