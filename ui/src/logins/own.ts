import { fetchJson, proven, renew } from '../api/api.ts'

type Way = readonly [method: string, verb: 'POST' | 'PUT' | 'DELETE', path: string]

/** Changes what holds the account: proven anew where that is wanted; the login goes on under another cookie. */
export function change<T>([method, verb, path]: Way, body?: unknown): Promise<T> {
  return proven(method, () => renew(() => fetchJson<T>(verb, path, body)))
}

/** Asks what is proven anew where that is wanted, and leaves the login as it is. */
export function demand<T>([method, verb, path]: Way, body?: unknown): Promise<T> {
  return proven(method, () => fetchJson<T>(verb, path, body))
}
