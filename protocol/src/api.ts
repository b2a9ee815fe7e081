import type { Call, Contract, Duplex, Method, Stream } from './contract.ts'

/**
 * What a request is judged against. `environment`: the one that is named, else the whole organization. `hosts`: all hosts of which the
 * caller may ask it; the answer is made of these. `self`: one's own login and account. `public` only for endpoints that
 * `hub/src/base/access.ts` lists.
 */
export type Scope = 'host' | 'hosts' | 'environment' | 'organization' | 'self' | 'public'

/** A permission, `feature:right`. */
type Permission = `${string}:${string}`

interface Door {
  readonly needs: Permission
  readonly on: Scope
  /**
   * Only for whoever proved a moment ago (5 min) that it is still them. Refused with `forbidden`, whose details say by what it can be
   * proved: `{ stepUp: ['passkey', 'totp'] }`; `logins.prove` takes the proof, and the same request then goes through.
   */
  readonly stepUp?: true
  /** An organization may put it under four eyes: it then answers `unapproved` until somebody else agreed (`approvals`). */
  readonly secondPerson?: true
  /**
   * For service accounts alone, at an address of this standard's own at the hub's root and in its own shape: neither under `/api/v1` nor
   * on a session.
   */
  readonly standard?: 'scim'
}

/** How somebody proved who they are. `recovery`: by one of the codes that stand for a lost second factor. `provider`: at their organization's own. */
export type Factor = 'password' | 'totp' | 'recovery' | 'passkey' | 'provider'

interface ReadDoor extends Door {
  readonly http: `GET /${string}`
  /** Reading may be audited too (secrets, what is carried away); it seldom is. */
  readonly audit?: `${string}.${string}`
  /** Over HTTP the bytes of this stream are a file to save, of this type. */
  readonly file?: string
}

interface ChangeDoor extends Door {
  readonly http: `${'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`
  /** `noun.verb`, required: no change without its row. */
  readonly audit: `${string}.${string}`
  readonly file?: never
}

/** A method offered by the hub: over HTTP under `/api/v1`, and on a browser's session under the same feature.method name. */
export type Endpoint<M extends Method = Method> = M & { readonly door: ReadDoor | ChangeDoor }

export type Api = Readonly<Record<string, Endpoint>>

/** The one door. Path parameters (`:host`, `:id`) fill fields of the input; `:host` also picks the agent. */
export function api<M extends Call | Stream | Duplex>(method: M, door: ReadDoor | ChangeDoor): Endpoint<M> {
  return { ...method, door }
}

/** The features of one side, by name: `{ containers, terminals }`. A method's wire name is `feature.method`. */
export type Features = Readonly<Record<string, Contract>>
