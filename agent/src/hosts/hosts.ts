import { readFileSync } from 'node:fs'
import os from 'node:os'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { HostFacts, HostLink, hosts } from '@fairlead/protocol/features/hosts.ts'
import type { EngineWatch } from '../docker/watch.ts'
import { tellChanges } from '../told.ts'

/** What this host is: once, and again whenever the engine comes or goes. */
export function serveHosts(
  watch: Pick<EngineWatch, 'facts' | 'onFacts'>,
  agentVersion: string,
  link: () => HostLink,
  hostRoot = '',
): Handlers<typeof hosts> {
  const agentStartMs = Date.now()
  const facts = (): HostFacts => ({ ...machine(hostRoot), agentVersion, agentStartMs, engine: watch.facts })
  return {
    watch: (_input, { signal }) => tellChanges(facts, watch.onFacts, signal),
    link: async () => link(),
  }
}

function machine(root: string): Omit<HostFacts, 'agentVersion' | 'agentStartMs' | 'engine'> {
  const addresses = Object.values(os.networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
  return {
    hostname: os.hostname(),
    os: release(root),
    kernel: os.release(),
    arch: os.arch(),
    cpus: os.cpus().length,
    memoryBytes: os.totalmem(),
    bootMs: Math.round(Date.now() - os.uptime() * 1000),
    addresses: addresses.slice(0, 64),
  }
}

function release(root: string): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync(`${root}/etc/os-release`, 'utf8'))?.[1]
    return (name ?? os.type()).slice(0, 256)
  } catch {
    return os.type()
  }
}
