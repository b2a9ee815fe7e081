import type { AcmeReason } from '@fairlead/protocol/features/settings.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'

/** Why there is no certificate. Thrown as `bad_upstream`, with all of it in `details`. */
export interface AcmeFault {
  readonly reason: AcmeReason
  /** What the authority, or this machine, says of it; may be empty. */
  readonly detail: string
  /** Not before so long, as the authority says; 0: it does not. */
  readonly retryMs: number
  /** As the authority calls it, without what all of them begin with; empty: it was not the authority. */
  readonly type: string
}

export function fault(reason: AcmeReason, detail: string, more: Partial<Pick<AcmeFault, 'retryMs' | 'type'>> & { cause?: unknown } = {}) {
  const { cause, retryMs = 0, type = '' } = more
  const details: AcmeFault = { reason, detail: plainDetail(detail), retryMs, type }
  return new FairleadError('bad_upstream', `No certificate (${reason}): ${details.detail}`, { cause, details: { ...details } })
}

/** Of anything that was thrown on the way. */
export function faultOf(error: unknown): AcmeFault {
  const { details, cause, message } = error as { details?: Partial<AcmeFault>; cause?: { code?: unknown }; message?: string }
  if (details?.reason !== undefined) return details as AcmeFault
  const code = String(cause?.code ?? '')
  const untrusted = /CERT|SIGNATURE|ALTNAME|SELF_SIGNED/.test(code)
  const reason = untrusted ? 'untrusted' : error instanceof FairleadError ? 'unreachable' : 'other'
  return { reason, detail: plainDetail(message ?? ''), retryMs: 0, type: '' }
}

/** What an authority calls things, and what that is to people. Of a challenge, `unauthorized` is somebody else's answer. */
const reasons: Readonly<Record<string, AcmeReason>> = {
  dns: 'dns',
  connection: 'connection',
  tls: 'connection',
  caa: 'caa',
  rejectedIdentifier: 'rejected',
  unsupportedIdentifier: 'rejected',
  badCSR: 'rejected',
  rateLimited: 'rate_limited',
  userActionRequired: 'terms',
  agreementRequired: 'terms',
  externalAccountRequired: 'account',
  accountDoesNotExist: 'account',
  invalidContact: 'account',
  unsupportedContact: 'account',
  serverInternal: 'unreachable',
}

export interface Problem {
  readonly type?: string | undefined
  readonly detail?: string | undefined
  readonly subproblems?: readonly { readonly type?: string | undefined; readonly detail?: string | undefined }[] | undefined
}

/** `about`: a request of ours was refused, or what was asked of our port was not as it should be. */
export function faultFrom(problem: Problem, about: 'request' | 'challenge', retryMs = 0) {
  // What holds several says the same of all of them, or nothing.
  const [first] = problem.subproblems ?? []
  const type = typeOf(reasons[typeOf(problem.type)] === undefined ? (first?.type ?? problem.type) : problem.type)
  const theirs = about === 'challenge' ? 'unauthorized' : 'account'
  const reason = /^(unauthorized|incorrectResponse)$/.test(type) ? theirs : (reasons[type] ?? 'other')
  const details = [problem.detail, first?.detail].filter((text) => text !== undefined && text !== '')
  return fault(reason, [...new Set(details)].join(' '), { retryMs, type })
}

function typeOf(type: string | undefined): string {
  return /^urn:ietf:params:acme:error:([A-Za-z]{1,40})$/.exec(type ?? '')?.[1] ?? ''
}

const mostDetailChars = 400

/** What others wrote, as it may stand in a log, in a file and on a page. */
function plainDetail(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '').trim().slice(0, mostDetailChars).toWellFormed()
}
