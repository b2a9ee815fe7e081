import type { Me } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'

/** Where one is now, to come back to. */
export function here(): string {
  const { pathname, search } = window.location
  return `${pathname}${search}`.slice(0, 1024)
}

/** Goes to a provider to sign in, and comes back to this page. Resolves when the browser is on its way; rejects with what is wrong. */
export async function goThrough(provider: string, organization: string): Promise<void> {
  const { url } = await fetchJson<{ url: string }>('POST', `/sign-in/${provider}`, {
    organization,
    origin: window.location.origin,
    to: here(),
  })
  window.location.assign(url)
}

/** The same for whoever is signed in through it already, and must prove that it is still them. */
export function goAgain({ provider, organization }: Me): Promise<void> {
  return provider === undefined ? Promise.resolve() : goThrough(provider.id, organization.id)
}
