import { FairleadError } from '@fairlead/protocol/errors.ts'

/** Where a secret is that is kept elsewhere: `vault:shop/database#password`. */
export interface Reference {
  /** Its name. */
  readonly provider: string
  readonly path: string
  readonly field: string
}

/** Throws `invalid_input`. The first colon ends the name of the provider, the last # begins the field. */
export function readReference(text: string): Reference {
  const [, provider, path, field] = /^([^:]+):(.+)#([^#]+)$/.exec(text) ?? []
  if (provider !== undefined && path !== undefined && field !== undefined) return { provider, path: path.replace(/^\/+/, ''), field }
  throw new FairleadError('invalid_input', 'A reference is the provider, the path there and the field: vault:shop/database#password.', {
    details: { field: 'reference' },
  })
}

export function writeReference({ provider, path, field }: Reference): string {
  return `${provider}:${path}#${field}`
}

interface Columns {
  readonly provider: string | null
  readonly path: string | null
  readonly field: string | null
}

/** The reference of a secret; undefined: its values are here. */
export function referenceOf({ provider, path, field }: Columns): Reference | undefined {
  return provider === null || path === null || field === null ? undefined : { provider, path, field }
}
