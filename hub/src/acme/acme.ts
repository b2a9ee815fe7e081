import { X509Certificate } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { AcmeReason } from '@fairlead/protocol/features/settings.ts'
import type { AcmeSettings } from '../base/acme-settings.ts'
import type { Log } from '../base/log.ts'
import { createChallenges } from './challenges.ts'
import { createAsk, type Ask } from './client.ts'
import type { AcmeMemory } from './files.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { fault, faultOf, type AcmeFault } from './problem.ts'
import { followWindow } from './renewal.ts'
import { calmMs, waitMs } from './schedule.ts'
import { takeCertificate } from './take.ts'

/** What people are told of the certificate that an authority makes. */
export interface AcmeState {
  readonly domains: readonly string[]
  readonly directory: string
  readonly ordering: boolean
  /** Why the last order gave none; undefined: it did, or there was none yet. */
  readonly reason: AcmeReason | undefined
  readonly detail: string
  /** The next order: the renewal, or the next try. */
  readonly nextMs: number
}

export interface Acme {
  readonly state: AcmeState
  /** Looks whether an order is due, and makes it. By itself the hub does at the right times. */
  look(): Promise<void>
  /** Makes one though none is due: something was mended. Throws `rate_limited` where that is more than authorities bear. */
  renew(): Promise<void>
  /** Which port the authority must be led to. */
  readonly port: number
  close(): Promise<void>
}

interface AcmeDeps {
  readonly settings: AcmeSettings
  readonly dataDir: string
  /** Where people reach the hub over https. */
  readonly home: () => string
  /** A new certificate is in its place. */
  readonly onCertificate: () => Promise<void>
  readonly log: Log
  readonly now?: () => number
  readonly ask?: Ask
}

/** Of one order, whatever the authority does. */
const mostOrderMs = 10 * 60_000
/** Looked at this often at the least: clocks are set, machines sleep. */
const mostSleepMs = 3_600_000
/** A port that cannot be had costs the authority nothing. */
const portMs = 5 * 60_000

/** A certificate made by an authority, and made anew in time. Nothing that goes wrong here ends anything else. */
export function openAcme(deps: AcmeDeps): Acme {
  const { settings, dataDir, log, now = Date.now, ask = createAsk(settings) } = deps
  const closing = new AbortController()
  const challenges = createChallenges(settings.listen, deps.home)
  const ledger = openLedger(settings, dataDir, now)
  let timer: NodeJS.Timeout | undefined
  let ordering = false
  let looking = Promise.resolve()

  async function lookOnce(asked = false): Promise<void> {
    if (closing.signal.aborted) return
    clearTimeout(timer)
    let leastMs = 1000
    try {
      ledger.begin()
      await challenges.listen()
      if (ledger.memory.reason === 'port') ledger.remember({ reason: undefined, detail: '' })
      await followWindow({ ask, ledger, settings, now, signal: closing.signal })
      if (asked || ledger.nextMs() <= now()) await order()
    } catch (error) {
      const { reason, detail } = tell(deps, ledger, error)
      leastMs = reason === 'port' ? portMs : 60_000
      ledger.note({ reason, detail })
    }
    if (closing.signal.aborted) return
    timer = setTimeout(() => void look(), Math.max(Math.min(ledger.nextMs() - now(), mostSleepMs), leastMs)).unref()
  }
  const look = () => (looking = looking.then(() => lookOnce()))

  async function order(): Promise<void> {
    const failures = ledger.memory.failures + 1
    // Before anything is asked: a hub that dies of it does not ask again when it starts.
    const until = (reason: AcmeReason, retryMs: number) => now() + waitMs(reason, failures, retryMs, Math.random())
    ledger.remember({ failures, triedMs: now(), nextMs: until('other', 0), reason: 'stopped', detail: '' })
    ordering = true
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(mostOrderMs)])
    try {
      const cert = await takeCertificate({ settings, dataDir, ledger, ask, offer: challenges.offer, log }, signal)
      ledger.keep(cert)
      const done = { failures: 0, nextMs: now() + calmMs, reason: undefined, detail: '' }
      ledger.remember({ ...done, from: settings.directory, window: undefined })
      await deps.onCertificate()
      log('info', 'an authority made a certificate', { names: settings.domains.join(' '), until: new X509Certificate(cert).validTo })
    } catch (error) {
      if (closing.signal.aborted) return
      const late = signal.aborted ? fault('unreachable', 'The authority did not come to an end within 10 minutes', { cause: error }) : error
      const { reason, detail, retryMs } = tell(deps, ledger, late)
      ledger.remember({ reason, detail, nextMs: until(reason, retryMs) })
    } finally {
      ordering = false
    }
  }

  return {
    look,
    renew() {
      refuseTooOften(ledger.memory, now())
      return (looking = looking.then(() => lookOnce(true)))
    },
    get port() {
      return challenges.port
    },
    get state() {
      return stateOf(ledger, settings, ordering)
    },
    async close() {
      closing.abort()
      clearTimeout(timer)
      await looking
      await challenges.close()
    },
  }
}

function stateOf({ memory, nextMs }: Ledger, { domains, directory }: AcmeSettings, ordering: boolean): AcmeState {
  const { reason, detail } = memory
  return { domains, directory, ordering, reason: ordering ? undefined : reason, detail, nextMs: nextMs() }
}

/** What is as it was is not said again. */
function tell({ log, settings }: AcmeDeps, ledger: Ledger, error: unknown): AcmeFault {
  const found = faultOf(error)
  const { reason, detail } = ledger.memory
  if (found.reason !== reason || found.detail !== detail)
    log('error', 'an authority made no certificate', { names: settings.domains.join(' '), reason: found.reason, why: found.detail })
  return found
}

/** Five failed tries an hour is what public authorities bear. */
const leastTryMs = 12 * 60_000

function refuseTooOften({ reason, nextMs, triedMs }: AcmeMemory, nowMs: number): void {
  const fromMs = reason === 'rate_limited' ? nextMs : triedMs > nowMs ? 0 : triedMs + leastTryMs
  if (fromMs <= nowMs) return
  const at = new Date(fromMs).toISOString()
  const why =
    reason === 'rate_limited'
      ? 'The authority wants to hear nothing of these names before'
      : 'An authority bears a few tries an hour; not before'
  throw new FairleadError('rate_limited', `${why} ${at}.`)
}
