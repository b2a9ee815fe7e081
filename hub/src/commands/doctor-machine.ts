import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { whoHolds } from '../base/datadir.ts'
import { filesOf } from '../base/certificate.ts'
import { checkPair } from '../base/certificate-watch.ts'
import type { Config, Listen } from '../config.ts'

export interface Finding {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly says: string
  /** The command or the setting that mends it; empty where nothing is to be mended. */
  readonly mend: string
}

export const fine = (name: string, says: string): Finding => ({ name, state: 'ok', says, mend: '' })
export const odd = (name: string, says: string, mend: string): Finding => ({ name, state: 'warning', says, mend })
export const failed = (name: string, says: string, mend: string): Finding => ({ name, state: 'failed', says, mend })

const dayMs = 86_400_000
const leastBytes = 200 * 2 ** 20

/** What is not in the database. */
export async function checkMachine(config: Config): Promise<Finding[]> {
  const holder = await whoHolds(config.dataDir)
  return [
    checkFolder(config.dataDir),
    checkDisk(config.dataDir),
    holder === undefined
      ? odd('hub', 'no hub runs on this data folder', 'start it')
      : fine('hub', holder === '' ? 'it starts' : `its console is ${holder}`),
    checkCertificate(config),
    ...(holder === undefined
      ? await Promise.all([
          checkPort('FAIRLEAD_LISTEN', config.http),
          checkPort('FAIRLEAD_TLS_LISTEN', config.https),
          ...(config.acme === undefined ? [] : [checkPort('FAIRLEAD_ACME_LISTEN', config.acme.listen)]),
        ])
      : []),
    await checkPublicUrl(config),
    checkProxies(config),
    Date.now() < Date.parse('2026-01-01')
      ? failed('clock', `it says ${new Date().toISOString()}`, 'set it: timedatectl set-ntp true')
      : fine('clock', new Date().toISOString()),
  ]
}

function checkFolder(dir: string): Finding {
  if (existsSync(join(dir, 'restoring'))) return failed('data folder', 'a restore was cut off', 'run the same fairlead-hub restore again')
  for (const name of ['hub-key.pem', 'kek', 'tls.key', 'acme/account.pem', 'acme/key.pem']) {
    const path = join(dir, name)
    if (existsSync(path) && (statSync(path).mode & 0o077) !== 0)
      return failed('data folder', `${path} is open to other accounts`, `chmod 600 ${path}`)
  }
  if (!existsSync(join(dir, 'hub-key.pem')))
    return odd('data folder', `${dir} has no key of a hub yet`, 'start the hub, or restore a backup into it')
  return fine('data folder', dir)
}

function checkDisk(dir: string): Finding {
  const { bavail, bsize } = statfsSync(dir)
  const free = `${Math.round((bavail * bsize) / 2 ** 20)} MiB are free`
  return bavail * bsize < leastBytes
    ? failed('disk', free, `make room on the disk of ${dir}, or move it with FAIRLEAD_DATA_DIR`)
    : fine('disk', free)
}

function checkCertificate(config: Config): Finding {
  const { dataDir, acme, publicUrl } = config
  const given = filesOf(config)
  const awaited = given.awaited === true && !existsSync(given.cert!)
  const own = awaited || given.cert === undefined
  const [certFile, keyFile] = own ? [join(dataDir, 'tls.crt'), join(dataDir, 'tls.key')] : [given.cert!, given.key!]
  if (!existsSync(certFile)) return odd('certificate', 'there is none yet', 'start the hub, or set FAIRLEAD_TLS_CERT and FAIRLEAD_TLS_KEY')
  try {
    const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')]
    checkPair({ cert, key })
    const found = new X509Certificate(cert)
    const days = Math.floor((Date.parse(found.validTo) - Date.now()) / dayMs)
    const until = `${certFile} ends in ${days} days`
    // What an authority makes is made anew in time, a few days before its end where it lasts a week.
    if (days < 14 && (acme === undefined || own || days < 1)) return odd('certificate', until, mendOf(own, acme !== undefined))
    const host = publicUrl === undefined ? undefined : new URL(publicUrl).hostname
    if (awaited) return odd('certificate', 'the hub shows its own until the authority has made one', 'see acme below')
    if (!own && host !== undefined && found.checkHost(host) === undefined)
      return failed('certificate', `it is not for ${host}`, `have one made for ${host}, or mend FAIRLEAD_PUBLIC_URL`)
    return fine('certificate', own ? `${until}; made by the hub itself` : until)
  } catch (error) {
    return failed('certificate', (error as Error).message, 'give FAIRLEAD_TLS_CERT and FAIRLEAD_TLS_KEY two files that belong together')
  }
}

function mendOf(own: boolean, acme: boolean): string {
  if (own) return 'restart the hub'
  return acme ? 'see acme below' : 'renew it; the hub takes the new files by itself'
}

const ports: Readonly<Record<string, string>> = {
  FAIRLEAD_LISTEN: 'port',
  FAIRLEAD_TLS_LISTEN: 'TLS port',
  FAIRLEAD_ACME_LISTEN: 'ACME port',
}

function checkPort(setting: string, { host, port }: Listen): Promise<Finding> {
  const name = ports[setting] ?? setting
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(failed(name, `${host}:${port} cannot be had (${error.code})`, `stop what listens there (ss -ltnp), or change ${setting}`)),
    )
    server.listen(port, host, () => server.close(() => resolve(fine(name, `${host}:${port} is free`))))
  })
}

async function checkPublicUrl({ publicUrl }: Config): Promise<Finding> {
  if (publicUrl === undefined) return odd('public URL', 'none is set', 'set FAIRLEAD_PUBLIC_URL to where people and hosts reach this hub')
  try {
    const answer = await fetch(new URL('/healthz', publicUrl), { signal: AbortSignal.timeout(5000), redirect: 'error' })
    if (answer.ok) return fine('public URL', `${publicUrl} answers`)
    return odd('public URL', `${publicUrl} answers ${answer.status}`, 'look at the proxy before the hub')
  } catch (error) {
    const why = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name
    return odd(
      'public URL',
      `${publicUrl} is not reached from this machine (${why})`,
      'look at its name in DNS, its certificate and the proxy before the hub',
    )
  }
}

function checkProxies({ http, trustedProxies, publicUrl }: Config): Finding {
  const open = !/^(localhost|127\.|::1$)/.test(http.host)
  if (open && trustedProxies.length === 0)
    return odd(
      'proxies',
      `plain HTTP is open on ${http.host}, and no proxy is trusted`,
      'name the proxy in FAIRLEAD_TRUSTED_PROXIES, or leave FAIRLEAD_LISTEN at localhost',
    )
  if (trustedProxies.length > 0 && publicUrl === undefined)
    return odd('proxies', 'one is trusted, and no public URL is set', 'set FAIRLEAD_PUBLIC_URL')
  return fine('proxies', trustedProxies.length === 0 ? 'none' : trustedProxies.join(', '))
}
