import type { Host } from '@fairlead/protocol/features/hosts.ts'

/** Longer than a service takes to start after a host was let in. */
const patienceMs = 60_000

/** It was let in a moment ago and its agent is about to come: that is no trouble yet. */
export function isFresh(host: Pick<Host, 'status' | 'enrolledMs' | 'facts'>, atMs: number): boolean {
  const age = atMs - host.enrolledMs
  // One that told what it is has been here, and went.
  if (host.facts !== null) return false
  return (host.status === 'offline' || host.status === 'never seen') && age > -patienceMs && age < patienceMs
}
