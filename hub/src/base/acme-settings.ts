import { isIP } from 'node:net'
import { join } from 'node:path'
import { domainToASCII } from 'node:url'
import type { Listen } from '../config.ts'
import { readPem } from './pem-file.ts'

/** A certificate that the hub has an authority make, and make anew in time; absent: it does not. */
export interface AcmeSettings {
  /** In lower case, as DNS writes them. */
  readonly domains: readonly string[]
  /** Where the authority may write to; empty: nowhere. */
  readonly email: string
  /** Of the authority, over https. */
  readonly directory: string
  /** PEM of whoever signed the authority's own certificate, in place of those that the system trusts. */
  readonly ca: string | undefined
  /** Who the authority knows already, at those that give accounts out themselves. `key`: never a value of its own, as of a password. */
  readonly eab: { readonly kid: string; readonly key: () => string } | undefined
  /** Where the authority looks whether the names lead here: it asks port 80. */
  readonly listen: Listen
}

type Env = Readonly<Record<string, string | undefined>>

export const acmeNames = ['AGREE', 'DOMAINS', 'EMAIL', 'DIRECTORY', 'CA', 'LISTEN', 'EAB_KID', 'EAB_KEY', 'EAB_KEY_FILE'].map(
  (name) => `FAIRLEAD_ACME_${name}`,
)

const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory'
/** Each of them is asked for by the authority at every order. */
const mostDomains = 20
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const domainForm = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+${label}$`)

interface Known {
  /** What FAIRLEAD_ACME_EAB_KEY or its file holds. */
  readonly eabKey: string | undefined
  readonly listen: Listen
  readonly http: Listen
  readonly publicUrl: string | undefined
  readonly tlsCert: string | undefined
}

/** On with `FAIRLEAD_ACME_AGREE=1`, which is also the word that the authority's terms are agreed to. */
export function readAcme(env: Env, known: Known, problems: string[]): AcmeSettings | undefined {
  const given = acmeNames.filter((name) => (env[name] ?? '') !== '')
  if (given.length === 0) return undefined
  if (env['FAIRLEAD_ACME_AGREE'] !== '1') {
    problems.push(
      `${given[0]} is set, but no certificate is asked for before FAIRLEAD_ACME_AGREE=1 says that you agree to the authority’s terms; set it, or take ${given[0]} out.`,
    )
    return undefined
  }
  if (known.tlsCert !== undefined)
    problems.push('FAIRLEAD_TLS_CERT and FAIRLEAD_ACME_AGREE are both set: give the hub your own certificate, or let it have one made.')
  if (known.listen.port === known.http.port && known.listen.port !== 0)
    problems.push(`FAIRLEAD_ACME_LISTEN and FAIRLEAD_LISTEN are both port ${known.listen.port}; one of them must be another.`)
  const directory = env['FAIRLEAD_ACME_DIRECTORY'] || letsEncrypt
  if (!isHttps(directory)) problems.push(`FAIRLEAD_ACME_DIRECTORY must look like ${letsEncrypt}.`)
  const email = env['FAIRLEAD_ACME_EMAIL'] ?? ''
  if (email !== '' && !/^[^\s@,?:]+@[^\s@,?:]+$/.test(email))
    problems.push('FAIRLEAD_ACME_EMAIL must be one address, like ops@example.org.')
  return {
    domains: domainsOf(env['FAIRLEAD_ACME_DOMAINS'], known.publicUrl, problems),
    email,
    directory,
    ca: readPem('FAIRLEAD_ACME_CA', env['FAIRLEAD_ACME_CA'], problems),
    eab: eabOf(env['FAIRLEAD_ACME_EAB_KID'] ?? '', known.eabKey ?? '', problems),
    listen: known.listen,
  }
}

/** Where what belongs to it is kept, in the data folder: mode 0600, all of it. */
export function acmeFiles(dataDir: string) {
  const at = (name: string) => join(dataDir, 'acme', name)
  return {
    dir: join(dataDir, 'acme'),
    account: at('account.pem'),
    key: at('key.pem'),
    cert: at('certificate.pem'),
    state: at('state.json'),
  }
}

function domainsOf(text: string | undefined, publicUrl: string | undefined, problems: string[]): string[] {
  const said = (text ?? '').split(/[ ,]+/).filter((part) => part !== '')
  if (said.length === 0 && publicUrl === undefined) {
    problems.push(
      'FAIRLEAD_ACME_AGREE is set, and no name: set FAIRLEAD_PUBLIC_URL to where people reach this hub, or FAIRLEAD_ACME_DOMAINS.',
    )
    return []
  }
  const from = said.length === 0 ? 'FAIRLEAD_PUBLIC_URL' : 'FAIRLEAD_ACME_DOMAINS'
  const names = said.length === 0 ? [new URL(publicUrl!).hostname] : said
  if (names.length > mostDomains) problems.push(`${from} holds ${names.length} names; ${mostDomains} is the most.`)
  return [...new Set(names.map((name) => domainOf(name, from, problems)))]
}

function domainOf(name: string, from: string, problems: string[]): string {
  const domain = domainToASCII(name.toLowerCase())
  const why = name.startsWith('*.')
    ? 'has a wildcard, which no authority gives for an answer on port 80; name each one'
    : isIP(name.replace(/^\[|\]$/g, '')) !== 0
      ? 'is an address; an authority wants a name in DNS'
      : domainForm.test(domain)
        ? undefined
        : 'is no name that an authority could look up, like hub.example.org'
  if (why !== undefined) problems.push(`${from} holds ${name}, which ${why}.`)
  return domain
}

function isHttps(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' && url.username === '' && url.password === ''
}

function eabOf(kid: string, key: string, problems: string[]): AcmeSettings['eab'] {
  if (kid === '' && key === '') return undefined
  if (kid === '' || key === '') problems.push('FAIRLEAD_ACME_EAB_KID and FAIRLEAD_ACME_EAB_KEY belong together; only one is set.')
  // Never repeated: it is a secret.
  else if (!/^[\w-]{16,}=*$/.test(key)) problems.push('FAIRLEAD_ACME_EAB_KEY must be in base64url, as the authority shows it.')
  return { kid, key: () => key }
}
