import { generateKeyPairSync } from 'node:crypto'
import { dial, makeHello } from '@fairlead/agent/dial.ts'
import { TestHost } from '@fairlead/hub/updates/test-host.ts'
import { parseJoin, toBase64Url } from '@fairlead/protocol/join.ts'
import { rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { createResumeStore } from '@fairlead/protocol/wire/resume.ts'

/** A made-up host at a real hub, over the real link: it takes releases, and runs none. With `os` it says what it is, which alone is true. */
export async function joinTestHost(joinText: string, name: string, os?: string): Promise<TestHost> {
  const { tokenId, secret, hubKey, address } = parseJoin(joinText)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const identity = { privateKey, publicKey: rawPublicKey(publicKey) }
  const host = new TestHost('', name)
  if (os !== undefined) {
    host.facts = factsOf(name, os)
    host.features.push('hosts')
  }
  let join: { tokenId: string; secret: string } | undefined = { tokenId, secret: toBase64Url(secret) }
  host.dial = async () => {
    const base = { version: host.state.version, bootId: `boot-${name}`, features: host.features, name }
    const link = await dial({
      address,
      hubKey,
      identity,
      hello: makeHello(base, join),
      onOpen: host.serve(),
      onClose: () => undefined,
      resumeStore: createResumeStore(),
    })
    join = undefined
    return () => link.session.close(1000, 'restarting')
  }
  host.attach(undefined)
  return host
}

const factsOf = (hostname: string, os: string) => ({
  hostname,
  os,
  kernel: '',
  arch: 'x64',
  cpus: 1,
  memoryBytes: 1,
  bootMs: 1,
  agentVersion: '0.1.0',
  agentStartMs: 1,
  engine: { name: 'none', up: false, version: '', apiVersion: '', storageDriver: '', cgroup: '', socket: '', problem: '' },
  addresses: [],
})
