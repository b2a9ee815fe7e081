import type { Setting } from '@fairlead/protocol/features/settings.ts'
import type { Config } from '../config.ts'
import type { Shown } from './certificate.ts'

/** What is so beside the configuration. */
export interface HubFacts {
  readonly version: string
  readonly certificate: () => Shown
  /** What the hub listens on, once it does. */
  readonly ports: () => { readonly httpPort: number; readonly httpsPort: number }
}

/** What the hub was started with. No value that is a secret, and of an address of a database no user and no password. */
export function hubSettings(config: Config, { version, certificate, ports }: HubFacts): Setting[] {
  const { httpPort, httpsPort } = ports()
  const { selfSigned, validToMs } = certificate()
  const from = config.acme === undefined ? 'FAIRLEAD_TLS_CERT' : 'FAIRLEAD_ACME_AGREE'
  const isFile = config.acme === undefined
  const given = (name: string, from: string, value: Setting['value'], isFile = false): Setting => {
    const source = config.given?.get(from)
    return { name, value, source: source === undefined ? 'default' : isFile ? 'file' : source, from: source === undefined ? '' : from }
  }
  const list = (texts: readonly string[] | undefined) => (texts === undefined || texts.length === 0 ? null : texts.join(', '))
  return [
    { name: 'hub.version', value: version, source: 'default', from: '' },
    given('hub.listen', 'FAIRLEAD_LISTEN', `http://${config.http.host}:${httpPort}`),
    given('hub.tlsListen', 'FAIRLEAD_TLS_LISTEN', `https://${config.https.host}:${httpsPort}`),
    given('hub.publicUrl', 'FAIRLEAD_PUBLIC_URL', config.publicUrl ?? null),
    given('hub.certificate', from, selfSigned ? null : (config.acme?.directory ?? config.tlsCert ?? null), isFile),
    given('hub.certificateUntil', from, validToMs, isFile),
    given('hub.proxies', 'FAIRLEAD_TRUSTED_PROXIES', list(config.trustedProxies)),
    given('hub.outbound', 'FAIRLEAD_OUTBOUND_ALLOW', list(config.outboundAllow)),
    given('hub.database', 'DATABASE_URL', config.databaseUrl === undefined ? null : new URL(config.databaseUrl).host),
    given('hub.dataDir', 'FAIRLEAD_DATA_DIR', config.dataDir),
  ]
}
