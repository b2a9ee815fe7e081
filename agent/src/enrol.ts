import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { codeOf, codes } from '@fairlead/protocol/errors.ts'
import { fromBase64Url, parseJoin, toBase64Url } from '@fairlead/protocol/join.ts'
import type { Identity } from '@fairlead/protocol/noise/suite.ts'
import { createResumeStore } from '@fairlead/protocol/wire/resume.ts'
import type { Config } from './config.ts'
import { dial, makeHello, type Link } from './dial.ts'
import { openGeneration } from './generation.ts'
import { freshIdentity, openIdentity } from './identity.ts'
import { isSameKey, readPin, trustsFrom, writePin, type Pin } from './pin.ts'
import { proxyOf } from './proxy.ts'
import { features } from './run.ts'
import type { Say } from './say.ts'
import { version } from './version.ts'
import { createWaits } from './waits.ts'

/** How long an enrolment goes on through a bad network: the hub lets the same key in again on the same join string. */
const enrolForMs = 60_000

/**
 * Shows this host's key to the hub with the one-time secret, and pins what it answers. Nothing else is started. Run twice it
 * changes nothing; a host whose old key is refused (it was revoked, or the line gives its place a new one) gets another.
 */
export async function enrol(config: Pick<Config, 'stateDir' | 'name' | 'proxies'>, joinText: string, say: Say): Promise<Pin> {
  const wasEnrolled = readPin(config.stateDir) !== undefined
  try {
    return await enrolAs(config, openIdentity(config.stateDir), joinText, say)
  } catch (error) {
    if (!wasEnrolled || codeOf(error) !== 'unauthenticated') throw error
    const { identity, save, drop } = freshIdentity(config.stateDir)
    try {
      return await enrolAs(config, identity, joinText, say, save)
    } catch (refused) {
      // It belongs to somebody, then: a disk that was copied while it lay there.
      if (codeOf(refused) === 'unauthenticated') drop()
      throw refused
    }
  }
}

async function enrolAs(
  config: Pick<Config, 'stateDir' | 'name' | 'proxies'>,
  identity: Identity,
  joinText: string,
  say: Say,
  onWelcome = () => undefined as void,
): Promise<Pin> {
  const { tokenId, secret, hubKey, address } = parseJoin(joinText)
  // Of a key that is enrolled already the hub asks for it here, too.
  const generation = openGeneration(config.stateDir, identity.publicKey).current
  const base = { version, bootId: randomBytes(16).toString('hex'), features, name: config.name, generation }
  const waits = createWaits(Math.random)
  const untilMs = performance.now() + enrolForMs
  for (;;) {
    try {
      const link = await dial({
        address,
        hubKey,
        trusts: trustsFrom(hubKey),
        proxy: proxyOf(address, config.proxies),
        identity,
        hello: makeHello(base, { tokenId, secret: toBase64Url(secret), ...hostOf(config.stateDir, hubKey) }),
        onOpen: (stream) => stream.reset('refused'),
        onClose: () => undefined,
        resumeStore: createResumeStore(),
      })
      const pin = pinOf(address, link)
      onWelcome()
      writePin(config.stateDir, pin)
      link.session.close(1000, 'enrolled')
      return pin
    } catch (error) {
      const waitMs = waits.afterFailure(error)
      if (!codes[codeOf(error)].retryable || performance.now() + waitMs > untilMs) throw error
      say('warn', 'not enrolled yet, trying again', { reason: String((error as Error).message), inMs: Math.round(waitMs) })
      await setTimeout(waitMs)
    }
  }
}

/** Which host of this hub it is until now: a line that gives the place of another one is not for this machine. */
function hostOf(stateDir: string, hubKey: Uint8Array): { readonly host?: string } {
  const pin = readPin(stateDir)
  return pin !== undefined && isSameKey(pin.hubKey, hubKey) ? { host: pin.host } : {}
}

/** All of it from the very hub that the line named: nothing of one before stays. */
function pinOf(address: string, { hubKey, welcome: { host, organization, keys, standby = [] } }: Link): Pin {
  const owner = keys?.owner === undefined ? undefined : fromBase64Url(keys.owner)
  const hub = keys === undefined ? undefined : fromBase64Url(keys.hub)
  return { address, hubKey, host, organization, number: keys?.number, hub, owner, standby }
}
