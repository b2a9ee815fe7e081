import type { Assertion, Attestation, Challenge, NewPasskey } from '@fairlead/protocol/features/factors.ts'
import type { Database } from '../base/db.ts'
import { eq, sql } from '../base/drizzle.ts'
import { text, type PasskeyShelf } from './passkey-shelf.ts'
import { passkeys } from './tables.ts'
import { ticketLivesMs, type Tickets } from './tickets.ts'

/** EdDSA, then ES256: what today's authenticators make. */
const algorithms = [-8, -7]

/** Where passkeys belong: one host name, and the origins at which the console is served under it. Configured, never taken from a request. */
export interface PasskeyPlace {
  readonly host: string
  readonly origins: () => readonly string[]
}

interface PasskeyDeps {
  readonly db: Database
  readonly tickets: Tickets
  readonly shelf: PasskeyShelf
  readonly place: PasskeyPlace
}

/** Loaded when the first passkey is looked at: with its certificates it is nothing a hub without passkeys should carry. */
const webauthn = () => import('@simplewebauthn/server')

/** Passkeys of accounts. A challenge is for one scope and one holder; shown for another it is used up and good for nothing. */
export function createPasskeys({ db, tickets, shelf, place }: PasskeyDeps) {
  const { credentials, is } = shelf
  const expected = () => ({ expectedOrigin: [...place.origins()], expectedRPID: place.host, requireUserVerification: true })

  return {
    /** `account`: whose passkeys may sign; undefined: whoever comes. */
    async challenge(scope: string, holder: string, account?: string): Promise<Challenge> {
      return {
        challenge: tickets.issue(scope, holder),
        rpId: place.host,
        timeout: ticketLivesMs,
        userVerification: 'required',
        allowCredentials: account === undefined ? [] : await credentials(account),
      }
    },

    /** Whose passkey signed this very challenge; undefined: nobody's, or not for this. */
    async check(answer: Assertion, scope: string, holder: string): Promise<string | undefined> {
      const challenge = challengeOf(answer.response.clientDataJSON)
      if (challenge === undefined || tickets.take(challenge, scope, holder) === undefined) return undefined
      const id = Buffer.from(answer.id, 'base64url')
      const found = eq(passkeys.credentialId, id)
      const [row] = await db.tx({ secret: id }, (_sql, orm) => orm.select().from(passkeys).where(found))
      if (row === undefined || !belongs(answer, row.accountId)) return undefined
      const { verifyAuthenticationResponse } = await webauthn()
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        ...expected(),
        response: answer as never,
        expectedChallenge: challenge,
        credential: { id: text(row.credentialId), publicKey: Uint8Array.from(row.publicKey), counter: row.counter },
      }).catch(() => refused)
      if (verified !== true || authenticationInfo?.credentialID !== answer.id || answer.rawId !== answer.id) return undefined
      const used = { counter: authenticationInfo.newCounter, usedAt: sql<Date>`now()` }
      await db.tx({ account: row.accountId }, (_sql, orm) => orm.update(passkeys).set(used).where(is(row.accountId, answer.id)))
      return row.accountId
    },

    async begin(account: string, login: string, { name, email }: { name: string; email: string }): Promise<NewPasskey> {
      return {
        challenge: tickets.issue('register', login),
        rp: { id: place.host, name: 'Fairlead' },
        user: { id: text(Buffer.from(account)), name: email, displayName: name },
        pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
        timeout: ticketLivesMs,
        attestation: 'none',
        excludeCredentials: await credentials(account),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      }
    },

    /** False: it signed nothing that this login was given. */
    async add(account: string, login: string, name: string, answer: Attestation): Promise<boolean> {
      const challenge = challengeOf(answer.response.clientDataJSON)
      if (challenge === undefined || tickets.take(challenge, 'register', login) === undefined) return false
      const { verifyRegistrationResponse } = await webauthn()
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        ...expected(),
        response: answer as never,
        expectedChallenge: challenge,
        supportedAlgorithmIDs: algorithms,
      }).catch(() => ({ verified: false, registrationInfo: undefined }))
      if (verified !== true || registrationInfo === undefined || registrationInfo.credential.id !== answer.id) return false
      const { credential, credentialBackedUp: synced } = registrationInfo
      const values = {
        accountId: account,
        credentialId: Buffer.from(credential.id, 'base64url'),
        publicKey: Buffer.from(credential.publicKey),
        counter: credential.counter,
        transports: [...(answer.response.transports ?? [])],
        name,
        synced,
      }
      await db.tx({ account }, (_sql, orm) => orm.insert(passkeys).values(values))
      return true
    },
  }
}

const refused = { verified: false, authenticationInfo: undefined }

function challengeOf(clientData: string): string | undefined {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientData, 'base64url').toString('utf8')) as { challenge?: unknown }
    return typeof challenge === 'string' ? challenge : undefined
  } catch {
    return undefined
  }
}

/** A passkey that says whose it is says the same as the hub's own book. */
function belongs({ response: { userHandle } }: Assertion, account: string): boolean {
  return userHandle === undefined || userHandle === null || userHandle === '' || userHandle === text(Buffer.from(account))
}
