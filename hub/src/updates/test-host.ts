import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { brotliDecompressSync } from 'node:zlib'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { hosts, type HostFacts } from '@fairlead/protocol/features/hosts.ts'
import { capabilities, policy, type HostPolicy } from '@fairlead/protocol/features/policy.ts'
import { blockBytes, blockHashBytes, updates, type Manifest, type UpdateState } from '@fairlead/protocol/features/updates.ts'
import { readBlocks } from '@fairlead/protocol/features/update-blocks.ts'
import { serveFeatures } from '@fairlead/protocol/wire/rpc.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { createTold, linkTo } from '../fleet/test-link.ts'

/** What a host does with a build that it is told to start; `deaf`: it never comes back; `stalls`: it takes no block; `silent`: it refuses, and says nothing of why. */
export type Way = 'keeps' | 'returns' | 'deaf' | 'refuses' | 'locked' | 'stalls' | 'silent'

/** How many are being fed, and were at most. */
export const fed = { now: 0, most: 0 }

/** A host with a disk of blocks, over real sessions on a simulated link. What it really does with a program is the agent's own test. */
export class TestHost {
  readonly id = randomUUID()
  readonly key = randomBytes(32)
  readonly name: string
  readonly os: string
  way: Way = 'keeps'
  features = ['policy', 'updates']
  state: UpdateState
  /** Blocks that came, offers and starts, as the host counts them. */
  received: number[] = []
  offers = 0
  starts = 0
  /** The link breaks once so many blocks came. */
  cutAfter = Number.POSITIVE_INFINITY
  /** Said to its hub, where it says 'hosts' among its features. */
  facts: HostFacts | undefined
  /** Held before it answers a start. */
  gate: Promise<void> | undefined
  /** Another link than the simulated one: how it comes up; what it gives ends it. */
  dial: (() => Promise<() => void>) | undefined
  fleet: Fleet | undefined
  #disk = new Map<number, Buffer>()
  #offered: { manifest: Manifest; sha256: string; bytes: number; blocks: Buffer } | undefined
  #cut: (() => void) | undefined
  readonly #told = createTold(() => this.state)
  readonly #organization: string

  constructor(organization: string, name: string, os = 'Debian') {
    this.#organization = organization
    this.name = name
    this.os = os
    this.state = idle('0.1.0', 1)
  }

  get online(): boolean {
    return this.#cut !== undefined
  }

  /** Its link comes up at a hub. */
  attach(fleet: Fleet | undefined): void {
    this.fleet = fleet
    if (this.dial !== undefined) return void this.dial().then((cut) => (this.#cut = cut))
    const { id, name, features } = this
    const cut = linkTo(fleet!, { id, name, features, organization: this.#organization }, this.serve())
    this.#cut = () => {
      this.#cut = undefined
      cut()
    }
  }

  detach(): void {
    this.#cut?.()
    this.#cut = undefined
  }

  /** What answers the hub. */
  serve(): ReturnType<typeof serveFeatures> {
    const own = { policy: TestHost.#policyOf(this), updates: TestHost.#handlersOf(this) }
    const { facts } = this
    if (facts === undefined) return serveFeatures({ policy, updates }, own)
    return serveFeatures({ policy, updates, hosts }, { ...own, hosts: TestHost.#sayFacts(facts) })
  }

  static #sayFacts(facts: HostFacts): Handlers<typeof hosts> {
    return {
      async *watch(_input, { signal }) {
        yield facts
        await new Promise<void>((left) => signal.addEventListener('abort', () => left()))
      },
      link: () => Promise.reject(new FairleadError('unsupported', 'It is made up.')),
    }
  }

  #say(state: Partial<UpdateState>): void {
    this.state = { ...this.state, ...state }
    this.#told.tell()
  }

  /** The program runs, and comes back as the new one or as the old one. */
  async #restart(): Promise<void> {
    const { fleet } = this
    const { manifest, sha256 } = this.#offered!
    this.starts++
    await this.gate
    const next = this.state.next
    const before = { version: this.state.version, sha256: 'a'.repeat(64) }
    if (this.way === 'keeps') this.state = { ...idle(manifest.version, manifest.counter), sha256, phase: 'kept', next, before }
    else this.state = { ...this.state, phase: 'returned', next, problem: 'It did not log in within 120 s.' }
    this.detach()
    if (this.way !== 'deaf') setImmediate(() => this.attach(this.fleet ?? fleet))
  }

  static #policyOf(own: TestHost): Handlers<typeof policy> {
    const verdict = own.way === 'locked' ? ('lock' as const) : ('yes' as const)
    const view: HostPolicy = {
      mode: 'operate',
      source: 'default',
      problem: '',
      lock: null,
      narrowed: { mode: null, deny: [] },
      may: Object.fromEntries(capabilities.map((name) => [name, verdict])),
      refused: [],
      protected: [],
      files: { read: [], write: [] },
      registries: null,
    }
    return {
      async *watch() {
        if (own.way === 'silent') await new Promise(() => undefined)
        yield view
      },
      narrow: async () => view,
    }
  }

  static #handlersOf(own: TestHost): Handlers<typeof updates> {
    return {
      watch: (_input, { signal }) => own.#told.watch(signal),
      async offer({ manifest: text, blocks }) {
        own.offers++
        if (own.way === 'locked') throw new FairleadError('forbidden', 'This host is locked.')
        if (own.way === 'refuses' || own.way === 'silent') throw new FairleadError('forbidden', 'The signature is none.')
        const manifest = JSON.parse(text) as Manifest
        const { sha256, bytes } = manifest.files['agent.cjs']!
        const list = Buffer.from(blocks, 'base64')
        if (own.#offered?.sha256 !== sha256) own.#disk.clear()
        own.#offered = { manifest, sha256, bytes, blocks: list }
        const count = list.length / blockHashBytes
        const bits = Buffer.alloc(Math.ceil(count / 8))
        for (let index = 0; index < count; index++) if (!own.#disk.has(index)) bits[index >> 3]! |= 1 << (index & 7)
        own.#say({ phase: 'fetching', next: { version: manifest.version, counter: manifest.counter, sha256, bytes, haveBytes: 0 } })
        return { sha256, wanted: bits.toString('base64'), blocks: count }
      },
      async *fill(_input, { up }) {
        const { sha256, bytes } = own.#offered!
        if (own.way === 'stalls') await new Promise(() => undefined)
        fed.most = Math.max(fed.most, ++fed.now)
        for await (const { index, packed } of readBlocks(up)) {
          own.received.push(index)
          own.#disk.set(index, brotliDecompressSync(packed, { maxOutputLength: blockBytes }))
          if (own.received.length >= own.cutAfter) {
            fed.now--
            own.cutAfter = Number.POSITIVE_INFINITY
            return own.detach()
          }
        }
        fed.now--
        const whole = Buffer.concat([...own.#disk].sort(([a], [b]) => a - b).map(([, block]) => block))
        const found = createHash('sha256').update(whole).digest('hex')
        const good = whole.length === bytes && found === sha256
        own.#say({ phase: good ? 'ready' : 'idle', problem: good ? '' : 'The file is another one.' })
        yield own.state
      },
      async start() {
        setImmediate(() => void own.#restart())
        return own.state
      },
      async revert() {
        const { version, sha256 } = own.state.before!
        own.state = { ...idle(version, own.state.counter), sha256 }
        setImmediate(() => {
          own.detach()
          own.attach(own.fleet)
        })
        return own.state
      },
    }
  }
}

export function idle(version: string, counter: number): UpdateState {
  return {
    version,
    kind: 'own-node',
    target: 'agent.cjs',
    sha256: '',
    counter,
    phase: 'idle',
    next: null,
    before: null,
    problem: '',
  }
}
