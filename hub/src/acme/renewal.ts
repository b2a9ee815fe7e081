// The certificate library's own library wants it, and asks no nicer.
import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { AcmeSettings } from '../base/acme-settings.ts'
import { Directory, readAnswer, RenewalInfo, retryMsOf } from './answers.ts'
import type { Ask } from './client.ts'
import type { Ledger } from './ledger.ts'
import { idOf } from './schedule.ts'

const hourMs = 3_600_000

/** RFC 9773: what an authority calls a certificate; undefined: it does not say who signed it. */
export function certificateId(cert: string): string | undefined {
  const signer = new x509.X509Certificate(cert).getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId
  if (signer === undefined) return undefined
  const hex = new X509Certificate(cert).serialNumber
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  // As in DER: a first byte of 0x80 and more would be a negative number.
  const serial = Number.parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even
  return `${Buffer.from(signer, 'hex').toString('base64url')}.${Buffer.from(serial, 'hex').toString('base64url')}`
}

interface WindowDeps {
  readonly ask: Ask
  readonly ledger: Ledger
  readonly settings: Pick<AcmeSettings, 'directory'>
  readonly now: () => number
  readonly signal: AbortSignal
}

/** When the authority wants the certificate to be renewed, where it says so. What goes wrong here says nothing of the certificate. */
export async function followWindow({ ask, ledger, settings, now, signal }: WindowDeps): Promise<void> {
  const kept = ledger.kept()
  if (kept === undefined || kept.from !== settings.directory) return
  const of = idOf(new X509Certificate(kept.cert))
  const { window } = ledger.memory
  if (window?.of === of && window.askMs > now()) return
  const asking = askWindow(ask, settings.directory, kept.cert, now(), AbortSignal.any([signal, AbortSignal.timeout(60_000)]))
  const asked = await asking.catch(() => undefined)
  // An end before its beginning is none.
  ledger.remember({ window: { of, startMs: 1, endMs: 0, askMs: now() + 6 * hourMs, ...asked } })
}

/** Asked again as the authority says, from an hour to a day later. */
async function askWindow(ask: Ask, directory: string, cert: string, nowMs: number, signal: AbortSignal) {
  const { renewalInfo } = await readAnswer(Directory, await ask(directory, { signal }), 'the directory')
  const id = certificateId(cert)
  if (renewalInfo === undefined || id === undefined) return undefined
  const answer = await ask(`${renewalInfo.replace(/\/$/, '')}/${id}`, { signal })
  const askMs = nowMs + Math.min(Math.max(retryMsOf(answer, nowMs), hourMs), 24 * hourMs)
  const { suggestedWindow } = await readAnswer(RenewalInfo, answer, 'the time of renewal')
  const [startMs, endMs] = [Date.parse(suggestedWindow.start), Date.parse(suggestedWindow.end)]
  return Number.isFinite(startMs) && Number.isFinite(endMs) ? { startMs, endMs, askMs } : undefined
}
