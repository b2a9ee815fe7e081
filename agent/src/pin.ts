import * as crypto from 'node:crypto'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Welcome } from '@fairlead/protocol/hello.ts'
import { decodeSuccession, followKeys } from '@fairlead/protocol/hub-keys.ts'
import { fromBase64Url, toBase64Url } from '@fairlead/protocol/join.ts'
import { nodeSuite } from '@fairlead/protocol/noise/suite.ts'
import { type Disk, readText, writeForAgent } from './whole.ts'

const suite = nodeSuite(crypto)

/** Which hub this host belongs to: pinned when it was enrolled. */
export interface Pin {
  readonly address: string
  readonly hubKey: Uint8Array
  readonly host: string
  readonly organization: string
  /** How many-th key of the hub it is; absent in a pin of before keys had numbers. */
  readonly number?: number | undefined
  /** The first key that the hub ever had. */
  readonly hub?: Uint8Array | undefined
  /** Whose signature stands for the hub's own once that is lost. */
  readonly owner?: Uint8Array | undefined
  /** The key before, and until when (ms since 1970) it is taken too. */
  readonly before?: { readonly key: Uint8Array; readonly untilMs: number } | undefined
  /** Where else to look for the hub. */
  readonly standby: readonly string[]
}

const pinFile = (stateDir: string) => join(stateDir, 'hub.json')

export function readPin(stateDir: string): Pin | undefined {
  try {
    return parsePin(readText(pinFile(stateDir)))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new FairleadError('invalid_input', `${pinFile(stateDir)} is damaged; enrol this host again with a new line from the console.`, {
      cause,
    })
  }
}

interface Written {
  readonly address: string
  readonly hubKey: string
  readonly host: string
  readonly organization: string
  readonly number?: number
  readonly hub?: string
  readonly owner?: string
  readonly before?: { readonly key: string; readonly untilMs: number }
  readonly standby?: readonly string[]
}

function parsePin(text: string): Pin {
  const { hubKey, hub, owner, before, standby = [], ...rest } = JSON.parse(text) as Written
  const bytes = (key: string | undefined) => (key === undefined ? undefined : fromBase64Url(key))
  const { key, untilMs = 0 } = before ?? {}
  return {
    ...rest,
    hubKey: fromBase64Url(hubKey),
    hub: bytes(hub),
    owner: bytes(owner),
    before: key === undefined ? undefined : { key: fromBase64Url(key), untilMs },
    standby,
  }
}

export function writePin(stateDir: string, pin: Pin, disk?: Disk): void {
  writeForAgent(pinFile(stateDir), textOf(pin), disk)
}

function textOf({ address, hubKey, host, organization, number, hub, owner, before, standby }: Pin): string {
  const written: Written = {
    address,
    hubKey: toBase64Url(hubKey),
    host,
    organization,
    ...(number === undefined ? {} : { number }),
    ...(hub === undefined ? {} : { hub: toBase64Url(hub) }),
    ...(owner === undefined ? {} : { owner: toBase64Url(owner) }),
    ...(before === undefined ? {} : { before: { key: toBase64Url(before.key), untilMs: before.untilMs } }),
    ...(standby.length === 0 ? {} : { standby }),
  }
  return JSON.stringify(written)
}

/** The pin of an agent that runs: it follows its hub from key to key, and nobody else. */
export interface KeptPin {
  readonly current: Pin
  /** Whether a hub that proved another key is this host's all the same, by what it says of its keys. Throws with what is wrong. */
  trusts(key: Uint8Array, said: Uint8Array): boolean
  /** Throws `forbidden` at a hub that takes this host for another organization's. */
  judge(welcome: Pick<Welcome, 'organization'>): void
  /** What its hub adds to the pin once it let this host in. */
  learn(welcome: Pick<Welcome, 'keys' | 'standby'>, key: Uint8Array): void
}

interface PinDeps {
  readonly onFollowed: (number: number) => void
  /** The owner's key led here, and not the hub's own: before it is kept. */
  readonly onOwner?: () => void
  readonly onProblem: (error: unknown) => void
  readonly disk?: Disk
  /** Ms since 1970. */
  readonly now?: () => number
}

export function openPin(stateDir: string, pin: Pin, { onFollowed, onOwner, onProblem, disk, now = Date.now }: PinDeps): KeptPin {
  let current = pin
  const keep = (next: Pin) => {
    current = next
    try {
      writePin(stateDir, next, disk)
    } catch (error) {
      // It holds until this agent ends; the hub says it again at each handshake.
      onProblem(error)
    }
  }
  return {
    get current() {
      return current
    },
    trusts(key, said) {
      const { before } = current
      if (before !== undefined && now() < before.untilMs && suite.equal(before.key, key)) return true
      const succession = decodeSuccession(said)
      if (succession === undefined) return false
      const { number, hub, owner } = current
      const followed = followKeys(suite, { key: current.hubKey, number, hub, owner }, succession, key)
      if (followed.byOwner) onOwner?.()
      keep({ ...current, hubKey: followed.key, number: followed.number, hub: followed.hub, before: followed.before })
      onFollowed(followed.number)
      return true
    },
    judge({ organization }) {
      if (organization !== current.organization)
        throw new FairleadError(
          'forbidden',
          'The hub says that this host belongs to another organization than it was enrolled for. To move it there, enrol it anew with a line of that one.',
        )
    },
    learn({ keys, standby = [] }, key) {
      // A key that is on its way out changes nothing here any more.
      if (!suite.equal(key, current.hubKey)) return
      const next = { ...current, ...learned(current, keys), standby }
      if (textOf(next) !== textOf(current)) keep(next)
    },
  }
}

/** Only what the pin lacks: the name of the hub and the owner's key are for good. */
function learned(pin: Pin, keys: Welcome['keys']): Pick<Pin, 'number' | 'hub' | 'owner'> {
  const { number, hub, owner } = pin
  if (keys === undefined || (hub !== undefined && !suite.equal(hub, fromBase64Url(keys.hub)))) return { number, hub, owner }
  return {
    number: number ?? keys.number,
    hub: hub ?? fromBase64Url(keys.hub),
    owner: owner ?? (keys.owner === undefined ? undefined : fromBase64Url(keys.owner)),
  }
}

export const isSameKey = (one: Uint8Array, other: Uint8Array): boolean => suite.equal(one, other)

/** For a line that was made before the hub went on with another key. */
export function trustsFrom(pinned: Uint8Array): KeptPin['trusts'] {
  return (key, said) => {
    const succession = decodeSuccession(said)
    return succession !== undefined && suite.equal(followKeys(suite, { key: pinned }, succession, key).key, key)
  }
}
