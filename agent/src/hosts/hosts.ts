import { readFileSync } from 'node:fs'
import os from 'node:os'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { HostFacts, HostLink, hosts } from '@fairlead/protocol/features/hosts.ts'
import type { EngineWatch } from '../docker/watch.ts'
import type { Policy } from '../policy/policy.ts'
import { tellChanges } from '../told.ts'

interface HostsDeps {
  readonly watch: Pick<EngineWatch, 'facts' | 'onFacts'>
  readonly policy: Pick<Policy, 'inForce' | 'onChange'>
  readonly version: string
  readonly link: () => HostLink
  readonly hostRoot?: string | undefined
}

/** What this host is: once, and again whenever the engine comes or goes, or somebody locks or unlocks it. */
export function serveHosts({ watch, policy, version, link, hostRoot = '' }: HostsDeps): Handlers<typeof hosts> {
  const agentStartMs = Date.now()
  const isLocked = () => policy.inForce().lock !== undefined
  const facts = (): HostFacts => ({
    ...machine(hostRoot),
    agentVersion: version,
    agentStartMs,
    engine: watch.facts,
    ...(isLocked() ? { locked: true } : {}),
  })
  const onChange = (listener: () => void) => {
    let was = isLocked()
    const stops = [
      watch.onFacts(listener),
      policy.onChange(({ lock }) => {
        if (was === (lock !== undefined)) return
        was = !was
        listener()
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }
  return {
    watch: (_input, { signal }) => tellChanges(facts, onChange, signal),
    link: async () => link(),
  }
}

function machine(root: string): Omit<HostFacts, 'agentVersion' | 'agentStartMs' | 'engine' | 'locked'> {
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
