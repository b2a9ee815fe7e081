// The certificate library's own library wants it, and asks no nicer.
import 'reflect-metadata'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { Config } from '../config.ts'
import { acmeFiles } from './acme-settings.ts'

export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly selfSigned: boolean
}

/** Files that somebody else puts there. */
export interface CertificateFiles {
  readonly cert: string | undefined
  readonly key: string | undefined
  /** They are to come: until they are there, and whole, the hub shows its own. */
  readonly awaited?: boolean
}

/** Where the certificate that the hub shows is to be. */
export function filesOf({ acme, dataDir, tlsCert, tlsKey }: Pick<Config, 'acme' | 'dataDir' | 'tlsCert' | 'tlsKey'>): CertificateFiles {
  if (acme === undefined) return { cert: tlsCert, key: tlsKey }
  const { cert, key } = acmeFiles(dataDir)
  return { cert, key, awaited: true }
}

const days = 825
const renewMs = 30 * 86_400_000

/** The given files, or a certificate of the hub's own making, renewed a month before it ends. Agents pin the hub's key, not this. */
export async function openCertificate(dataDir: string, given: CertificateFiles): Promise<Certificate> {
  if (given.cert !== undefined && given.key !== undefined && (given.awaited !== true || fits(given.cert, given.key)))
    return { cert: readFileSync(given.cert, 'utf8'), key: readFileSync(given.key, 'utf8'), selfSigned: false }
  const [certFile, keyFile] = [join(dataDir, 'tls.crt'), join(dataDir, 'tls.key')]
  if (existsSync(certFile) && existsSync(keyFile)) {
    const cert = readFileSync(certFile, 'utf8')
    if (Date.parse(new X509Certificate(cert).validTo) - Date.now() > renewMs)
      return { cert, key: readFileSync(keyFile, 'utf8'), selfSigned: true }
  }
  const made = await selfSign()
  writeFileSync(keyFile, made.key, { mode: 0o600 })
  writeFileSync(certFile, made.cert)
  return { ...made, selfSigned: true }
}

/** One that is over fits: it says more of what is wrong than another name would. */
function fits(cert: string, key: string): boolean {
  try {
    return new X509Certificate(readFileSync(cert)).checkPrivateKey(createPrivateKey(readFileSync(key)))
  } catch {
    return false
  }
}

async function selfSign(): Promise<{ cert: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address.split('%')[0]!))
  const names: x509.JsonGeneralNames = [
    { type: 'dns', value: 'localhost' },
    { type: 'dns', value: hostname() },
    ...[...new Set(addresses)].map((value) => ({ type: 'ip' as const, value })),
  ]
  const now = Date.now()
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Fairlead hub',
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
        .toString('hex')
        .replace(/^[89a-f]/, '1'),
      notBefore: new Date(now - 3_600_000),
      notAfter: new Date(now + days * 86_400_000),
      signingAlgorithm: algorithm,
      keys,
      extensions: [new x509.SubjectAlternativeNameExtension(names), new x509.BasicConstraintsExtension(false)],
    },
    webcrypto as never,
  )
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
    .toString('base64')
    .replaceAll(/.{64}/g, '$&\n')
  return { cert: made.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.trim()}\n-----END PRIVATE KEY-----\n` }
}
