import type { Certificate, TlsFault, TlsWay } from '@fairlead/protocol/features/settings.ts'
import { X509Certificate } from 'node:crypto'
import type { AcmeState } from '../acme/acme.ts'
import type { CertificateState } from '../base/certificate-watch.ts'
import type { Config } from '../config.ts'

/** The certificate that is shown now, and how it is with the authority that makes it. */
export interface Shown extends CertificateState {
  readonly acme?: AcmeState | undefined
}

const soonMs = 14 * 86_400_000
const mostNames = 20

type Settings = Pick<Config, 'acme' | 'tlsCert' | 'trustedProxies' | 'publicUrl'>

/** What stands between people and a console that their browsers trust, as far as the hub can see it. */
export function certificateReport(config: Settings, shown: Shown, nowMs = Date.now()): Certificate {
  const { acme } = shown
  const way = wayOf(config)
  const detail = way === 'acme' && acme?.reason !== undefined ? acme.detail : shown.problem
  return {
    way,
    missing: missingIn(config, way, shown, nowMs),
    untilMs: shown.validToMs,
    selfSigned: shown.selfSigned,
    names: namesOf(shown),
    detail,
    ...(acme?.reason === undefined ? {} : { reason: acme.reason }),
    ...(acme === undefined
      ? {}
      : { order: { directory: acme.directory, domains: [...acme.domains], nextMs: Math.max(acme.nextMs, nowMs) } }),
  }
}

function wayOf({ acme, tlsCert, trustedProxies }: Settings): TlsWay {
  if (acme !== undefined) return 'acme'
  if (tlsCert !== undefined) return 'files'
  return trustedProxies.length > 0 ? 'proxy' : 'own'
}

function missingIn({ publicUrl }: Settings, way: TlsWay, shown: Shown, nowMs: number): TlsFault[] {
  const { acme, selfSigned, problem, validToMs } = shown
  const ours = way === 'files' || way === 'acme'
  const failed = acme?.reason !== undefined
  const when = validToMs <= nowMs ? 'over' : validToMs - nowMs < soonMs ? 'soon' : undefined
  // One for a week is renewed after days: that it ends soon is said where it is not.
  const tells = ours && !selfSigned && (way === 'files' || when === 'over' || failed)
  const found: Readonly<Record<TlsFault, boolean>> = {
    trusted: way === 'own',
    files: ours && problem !== '',
    order: failed,
    waiting: way === 'acme' && !failed && (selfSigned || acme?.ordering === true),
    over: tells && when === 'over',
    soon: tells && when === 'soon',
    address: publicUrl === undefined && way !== 'acme',
    name: ours && !selfSigned && publicUrl !== undefined && !isFor(shown, new URL(publicUrl).hostname),
  }
  return (Object.keys(found) as TlsFault[]).filter((one) => found[one])
}

function isFor({ cert }: Shown, host: string): boolean {
  const found = new X509Certificate(cert)
  const name = host.replace(/^\[|\]$/g, '')
  return found.checkHost(name) !== undefined || found.checkIP(name) !== undefined
}

function namesOf({ names }: Shown): string[] {
  const all = names.split(', ').map((one) => one.replace(/^(DNS|IP Address):/, ''))
  return all.filter((one) => one !== '').slice(0, mostNames)
}
