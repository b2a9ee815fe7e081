import type { SecondStep } from '@fairlead/protocol/features/logins.ts'

/** What came back behind `#` from a sign-in at a provider. */
export interface Told {
  readonly reason: string
  readonly step: SecondStep | undefined
}

const factors = ['passkey', 'totp', 'recovery'] as const

/** Reads it once: neither a reload nor the history has it again. */
export function takeTold(): Told {
  const { hash, pathname, search } = window.location
  if (!hash.startsWith('#signin-')) return { reason: '', step: undefined }
  window.history.replaceState(window.history.state, '', `${pathname}${search}`)
  return readTold(hash)
}

export function readTold(hash: string): Told {
  const words = new URLSearchParams(hash.slice(1))
  const step = words.get('signin-step')
  const said = (words.get('signin-accepts') ?? '').split(',')
  const accepts = factors.filter((factor) => said.includes(factor))
  return { reason: words.get('signin-reason') ?? '', step: step === null || accepts.length === 0 ? undefined : { step, accepts } }
}
