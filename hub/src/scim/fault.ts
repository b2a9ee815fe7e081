import { FairleadError, type Code } from '@fairlead/protocol/errors.ts'

type ScimType = 'invalidFilter' | 'invalidPath' | 'invalidSyntax' | 'invalidValue' | 'mutability' | 'noTarget' | 'tooMany' | 'uniqueness'

/** What RFC 7644 3.12 has a word for. `status` where the code's own is another one. */
export function fault(scimType: ScimType, message: string, code: Code = 'invalid_input'): FairleadError {
  return new FairleadError(code, message, { details: { scimType } })
}

export function gone(what: 'user' | 'group'): FairleadError {
  return new FairleadError('not_found', `There is no such ${what}, or this service account did not make it.`)
}

/** Throws 412 when the resource is of another version than the one that was meant. */
export function checkVersion(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  if (ifMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${version}"`)) return
  throw new FairleadError('conflict', 'Somebody changed it meanwhile; read it again.', { details: { status: 412 } })
}

export const etagOf = (version: number): string => `W/"${version}"`
