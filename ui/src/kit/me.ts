import { createSignal } from 'solid-js'
import type { Me } from '@fairlead/protocol/features/logins.ts'

const [me, setMe] = createSignal<Me>()
export { me, setMe }

/** Whether this person may do it. The hub refuses either way; this only keeps what would be refused out of reach. */
export function may(permission: string): boolean {
  return me()?.permissions.includes(permission) === true
}
