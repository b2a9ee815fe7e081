import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

const Text = (most: number) => z.string().check(z.maxLength(most))
/** base64url, as browsers write what a passkey says. */
const Bytes = (most: number) => z.string().check(z.maxLength(most), z.regex(/^[\w-]*$/))
const Transports = z.array(Text(32)).check(z.maxLength(16))
const Code = Text(64)
const Name = z.string().check(z.trim(), z.minLength(1), z.maxLength(64))
const NewPassword = z.string().check(z.minLength(12), z.maxLength(128))

/** What a browser answers when a passkey signed: `PublicKeyCredential.toJSON()`. */
export const Assertion = z.object({
  id: Bytes(1400),
  rawId: Bytes(1400),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: Bytes(4096),
    authenticatorData: Bytes(4096),
    signature: Bytes(4096),
    userHandle: z.optional(z.nullable(Bytes(128))),
  }),
  authenticatorAttachment: z.optional(z.nullable(Text(32))),
  clientExtensionResults: z.object({}),
})
export type Assertion = z.infer<typeof Assertion>

/** What a browser answers when it made a passkey. */
export const Attestation = z.object({
  id: Bytes(1400),
  rawId: Bytes(1400),
  type: z.literal('public-key'),
  response: z.object({ clientDataJSON: Bytes(4096), attestationObject: Bytes(16_384), transports: z.optional(Transports) }),
  authenticatorAttachment: z.optional(z.nullable(Text(32))),
  clientExtensionResults: z.object({}),
})
export type Attestation = z.infer<typeof Attestation>

/** One proof that somebody is who they are. `code`: of the app, or a recovery code; spaces and dashes do not matter. */
export const Given = z.union([
  z.object({ factor: z.literal('password'), password: Text(1024) }),
  z.object({ factor: z.enum(['totp', 'recovery']), code: Code }),
  z.object({ factor: z.literal('passkey'), answer: Assertion }),
])
export type Given = z.infer<typeof Given>

const Credential = z.object({ id: z.string(), type: z.literal('public-key'), transports: z.array(z.string()) })

/** What a browser is asked to have signed: `PublicKeyCredentialRequestOptionsJSON`. Its challenge lives 5 minutes, for one use. */
export const Challenge = z.object({
  challenge: z.string(),
  rpId: z.string(),
  timeout: z.int(),
  userVerification: z.literal('required'),
  /** Empty: whichever passkey the person picks. */
  allowCredentials: z.array(Credential),
})
export type Challenge = z.infer<typeof Challenge>

/** What a browser is asked to make a passkey of: `PublicKeyCredentialCreationOptionsJSON`. */
export const NewPasskey = z.object({
  challenge: z.string(),
  rp: z.object({ id: z.string(), name: z.string() }),
  user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
  timeout: z.int(),
  attestation: z.literal('none'),
  excludeCredentials: z.array(Credential),
  authenticatorSelection: z.object({ residentKey: z.literal('preferred'), userVerification: z.literal('required') }),
})
export type NewPasskey = z.infer<typeof NewPasskey>

export const FactorName = z.enum(['password', 'totp', 'recovery', 'passkey', 'provider'])

export const Passkey = z.object({
  id: z.string(),
  name: z.string(),
  createdMs: z.number(),
  usedMs: z.nullable(z.number()),
  /** Kept by an account of Apple, Google or a password manager, not by one device alone. */
  synced: z.boolean(),
})
export type Passkey = z.infer<typeof Passkey>

export const Policy = z.enum(['optional', 'admins', 'everyone'])
export type Policy = z.infer<typeof Policy>

/** By what one's own account is held. */
export const Factors = z.object({
  /** Since when; null: no authenticator app. */
  totpSinceMs: z.nullable(z.number()),
  recoveryCodesLeft: z.int(),
  passkeys: z.array(Passkey),
  /** Passkeys work at addresses of this name alone. */
  passkeyHost: z.string(),
  /** The organization asks this account for a second factor: the last one stays. */
  required: z.boolean(),
})
export type Factors = z.infer<typeof Factors>

export const Notice = z.object({
  id: z.string(),
  timeMs: z.number(),
  kind: z.enum([
    'device',
    'password',
    'totp_added',
    'totp_removed',
    'passkey_added',
    'passkey_removed',
    'codes_drawn',
    'code_used',
    /** Given back at the hub's own machine. */
    'reset',
    'token_made',
  ]),
  ip: z.string(),
  userAgent: z.string(),
})
export type Notice = z.infer<typeof Notice>

/** Shown this once; empty: those drawn before stay good. */
const Drawn = z.object({ recoveryCodes: z.array(z.string()) })

const factors = {
  get: call(z.object({}), Factors),
  /** A secret for an authenticator app, good for 5 minutes. It counts once its first code came. */
  beginTotp: call(z.object({}), z.object({ step: z.string(), secret: z.string(), uri: z.string() })),
  addTotp: call(z.object({ step: Text(64), code: Code }), Drawn, { mutates: true }),
  removeTotp: call(z.object({}), z.object({}), { mutates: true }),
  /** Ten new ones; the old ones are good for nothing. */
  drawCodes: call(z.object({}), Drawn, { mutates: true }),
  beginPasskey: call(z.object({}), NewPasskey),
  addPasskey: call(z.object({ name: Name, answer: Attestation }), Drawn, { mutates: true }),
  renamePasskey: call(z.object({ id: Bytes(1400), name: Name }), z.object({}), { mutates: true }),
  removePasskey: call(z.object({ id: Bytes(1400) }), z.object({}), { mutates: true }),
  /** All other logins of the account end. */
  setPassword: call(z.object({ current: Text(1024), password: NewPassword }), z.object({}), { mutates: true }),
  /** What happened to the account, the latest first, a hundred at most. */
  notices: call(z.object({}), z.array(Notice)),
  policy: call(z.object({}), z.object({ secondFactor: Policy })),
  setPolicy: call(z.object({ secondFactor: Policy }), z.object({ secondFactor: Policy }), { mutates: true }),
}

const own = { needs: 'logins:own', on: 'self' } as const
const proven = { ...own, stepUp: true } as const

export const factorsApi = {
  get: api(factors.get, { ...own, http: 'GET /factors' }),
  beginTotp: api(factors.beginTotp, { ...proven, http: 'POST /factors/totp/begin', audit: 'factor.begin' }),
  addTotp: api(factors.addTotp, { ...proven, http: 'POST /factors/totp', audit: 'factor.add_totp' }),
  removeTotp: api(factors.removeTotp, { ...proven, http: 'DELETE /factors/totp', audit: 'factor.remove_totp' }),
  drawCodes: api(factors.drawCodes, { ...proven, http: 'POST /factors/recovery-codes', audit: 'factor.draw_codes' }),
  beginPasskey: api(factors.beginPasskey, { ...proven, http: 'POST /factors/passkeys/begin', audit: 'factor.begin' }),
  addPasskey: api(factors.addPasskey, { ...proven, http: 'POST /factors/passkeys', audit: 'factor.add_passkey' }),
  renamePasskey: api(factors.renamePasskey, { ...own, http: 'PATCH /factors/passkeys/:id', audit: 'factor.rename_passkey' }),
  removePasskey: api(factors.removePasskey, { ...proven, http: 'DELETE /factors/passkeys/:id', audit: 'factor.remove_passkey' }),
  setPassword: api(factors.setPassword, { ...proven, http: 'PUT /factors/password', audit: 'factor.password' }),
  notices: api(factors.notices, { ...own, http: 'GET /factors/notices' }),
  policy: api(factors.policy, { http: 'GET /factors/policy', needs: 'accounts:read', on: 'organization' }),
  setPolicy: api(factors.setPolicy, {
    http: 'PUT /factors/policy',
    needs: 'accounts:manage',
    on: 'organization',
    audit: 'factor.policy',
    stepUp: true,
  }),
}
