import * as crypto from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import {
  decodeStatement,
  encodeStatement,
  encodeSuccession,
  makeStatement,
  mostStatements,
  parseOwnerKey,
  type Statement,
  type ToldKeys,
} from '@fairlead/protocol/hub-keys.ts'
import { fromBase64Url, toBase64Url } from '@fairlead/protocol/join.ts'
import { nodeSuite, rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'

const suite = nodeSuite(crypto)

/** The key that the hub holds now, and what stands for it. */
export interface HubKey {
  readonly identity: Identity
  /** 1 for the first one; see hub-keys.ts. */
  readonly number: number
  /** The first one: the hub's name, for good. */
  readonly hub: Uint8Array
  /** Public half of the key that its owner keeps elsewhere. */
  readonly owner: Uint8Array | undefined
  readonly statements: readonly Statement[]
}

export interface HubKeys {
  readonly current: HubKey
  /** For message 2 of the handshake. */
  readonly said: Uint8Array
  /** For the welcome. */
  readonly told: ToldKeys
  /** Goes on with a new key, which the one before names; that one is destroyed. Its number. */
  rotate(overlapUntilMs: number): number
  /** Makes the owner's key: its secret half leaves as text, and stays nowhere. Throws `conflict` where there is one. */
  makeOwner(input: { readonly replace: boolean }): string
}

const fileOf = (dataDir: string) => join(dataDir, 'hub-key.pem')

/** The hub's own key, which every agent pins. Lost with the data folder: then the owner's key names another, or every host is enrolled again. */
export function openHubKeys(dataDir: string): HubKeys {
  const file = fileOf(dataDir)
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  if (!existsSync(file)) {
    const identity = drawIdentity()
    write(file, { identity, number: 1, hub: identity.publicKey, owner: undefined, statements: [] })
  }
  let current = parse(file, readFileSync(file, 'utf8'))
  const put = (next: HubKey) => {
    write(file, next)
    current = next
  }
  return {
    get current() {
      return current
    },
    get said() {
      return current.statements.length === 0 ? new Uint8Array(0) : encodeSuccession(current)
    },
    get told() {
      const { hub, number, owner } = current
      return { hub: toBase64Url(hub), number, ...(owner === undefined ? {} : { owner: toBase64Url(owner) }) }
    },
    rotate(overlapUntilMs) {
      const next = drawIdentity()
      const said = { by: 'hub', number: current.number + 1, overlapUntilMs, key: next.publicKey } as const
      const statement = makeStatement(suite, current.identity, current.hub, said)
      put({ ...current, identity: next, number: said.number, statements: [...current.statements, statement].slice(-mostStatements) })
      return said.number
    },
    makeOwner({ replace }) {
      if (current.owner !== undefined && !replace)
        throw new FairleadError(
          'conflict',
          'This hub has an owner’s key. If it is lost, make another one with --replace: hosts that are here stay with the one that they pinned, until they are enrolled again.',
        )
      const seed = crypto.randomBytes(32)
      put({ ...current, owner: identityOf(seed).publicKey })
      return `flo1.${toBase64Url(current.hub)}.${toBase64Url(seed)}`
    },
  }
}

export function openHubIdentity(dataDir: string): Identity {
  return openHubKeys(dataDir).current.identity
}

/** A new key for a hub whose own was lost or stolen, named by the owner's. Throws `invalid_input` for the key of another hub's owner. */
export function adoptHubKey(dataDir: string, ownerText: string, nowMs = Date.now()): HubKey {
  const { hub, seed } = parseOwnerKey(ownerText)
  const owner = identityOf(seed)
  const file = fileOf(dataDir)
  const before = existsSync(file) ? parse(file, readFileSync(file, 'utf8')) : undefined
  // A hub that was set up anew has a key of its own that no host knows: nothing to compare with.
  if (before?.owner !== undefined && !(suite.equal(before.owner, owner.publicKey) && suite.equal(before.hub, hub)))
    throw new FairleadError('invalid_input', 'This is the owner’s key of another hub, or one that was replaced. Nothing was changed.')
  const identity = drawIdentity()
  const number = Math.max(nowMs, (before?.number ?? 0) + 1)
  const statement = makeStatement(suite, owner, hub, { by: 'owner', number, overlapUntilMs: 0, key: identity.publicKey })
  const next = { identity, number, hub, owner: owner.publicKey, statements: [statement] }
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  write(file, next)
  return next
}

// Where there is more to say than the key: a line of JSON before it, which whatever reads PEM passes over. One file, so that the key and
// what stands for it change in one step and are in one backup.
const format = 'fairlead-hub-key/1'

interface Head {
  readonly format: string
  readonly number: number
  readonly hub: string
  readonly owner?: string
  readonly statements: readonly string[]
}

function parse(file: string, text: string): HubKey {
  try {
    const identity = identityFrom(crypto.createPrivateKey(text.slice(text.indexOf('-----BEGIN'))))
    if (text.startsWith('-----BEGIN')) return { identity, number: 1, hub: identity.publicKey, owner: undefined, statements: [] }
    const head = JSON.parse(text.slice(0, text.indexOf('\n'))) as Head
    if (head.format !== format) throw new Error(`a file of the kind ${head.format}`)
    const owner = head.owner === undefined ? undefined : fromBase64Url(head.owner)
    return {
      identity,
      number: head.number,
      hub: fromBase64Url(head.hub),
      owner,
      statements: head.statements.map((text) => required(decodeStatement(fromBase64Url(text)))),
    }
  } catch (cause) {
    throw new FairleadError('invalid_input', `${file} is not the key of a hub; put it back from a backup. Hosts follow no other one.`, {
      cause,
    })
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a statement that is none')
  return value
}

/** Whole or not at all: a crash must not leave half a key, which no agent could follow. */
function write(file: string, { identity, number, hub, owner, statements }: HubKey): void {
  const pem = identity.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const head: Head = {
    format,
    number,
    hub: toBase64Url(hub),
    ...(owner === undefined ? {} : { owner: toBase64Url(owner) }),
    statements: statements.map((one) => toBase64Url(encodeStatement(one))),
  }
  const plain = number === 1 && owner === undefined
  rmSync(`${file}.new`, { force: true })
  writeFileSync(`${file}.new`, plain ? pem : `${JSON.stringify(head)}\n${pem}`, { mode: 0o600, flag: 'wx', flush: true })
  renameSync(`${file}.new`, file)
  const folder = openSync(join(file, '..'), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function drawIdentity(): Identity {
  return identityFrom(crypto.generateKeyPairSync('ed25519').privateKey)
}

function identityFrom(privateKey: crypto.KeyObject): Identity {
  return { privateKey, publicKey: rawPublicKey(crypto.createPublicKey(privateKey)) }
}

/** RFC 8410: an Ed25519 key is its seed behind these bytes. */
function identityOf(seed: Uint8Array): Identity {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  return identityFrom(crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}
