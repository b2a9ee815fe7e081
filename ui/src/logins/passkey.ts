import { startAuthentication, startRegistration, WebAuthnAbortService } from '@simplewebauthn/browser'
import type { Assertion, Attestation, Challenge, NewPasskey } from '@fairlead/protocol/features/factors.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { w } from './words.ts'

/** Whether this browser has them at all; they belong to one host name, of which the page must be. */
export function passkeysWork(host: string = location.hostname): boolean {
  return isSecureContext && 'PublicKeyCredential' in globalThis && (location.hostname === host || location.hostname.endsWith(`.${host}`))
}

export async function signWith(challenge: Challenge): Promise<Assertion> {
  return (await asked(startAuthentication({ optionsJSON: challenge as never }))) as Assertion
}

export async function makePasskey(options: NewPasskey): Promise<Attestation> {
  return (await asked(startRegistration({ optionsJSON: options as never }))) as Attestation
}

/** Offers passkeys where the e-mail is typed. Resolves with what was picked; undefined: none was, and none is offered any more. */
export async function offer(challenge: Challenge): Promise<Assertion | undefined> {
  if ((await PublicKeyCredential.isConditionalMediationAvailable?.()) !== true) return undefined
  return (await startAuthentication({ optionsJSON: challenge as never, useBrowserAutofill: true }).catch(() => undefined)) as
    | Assertion
    | undefined
}

export function stopOffering(): void {
  WebAuthnAbortService.cancelCeremony()
}

/** What went wrong, in words for a person: a browser says the same of a refusal, a time that ran out and a person who left. */
function asked<T>(asking: Promise<T>): Promise<T> {
  return asking.catch((cause: unknown) => {
    const known = (cause as { code?: string }).code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED'
    throw new FairleadError(known ? 'conflict' : 'canceled', w(known ? 'passkey.twice' : 'passkey.failed'), { cause })
  })
}
