import type { Provider } from '@fairlead/protocol/features/identities.ts'

/** Where a provider is, of whatever kind. */
export function whereOf({ settings }: Provider): string {
  return settings.kind === 'oidc' ? settings.issuer : settings.port === undefined ? settings.host : `${settings.host}:${settings.port}`
}
