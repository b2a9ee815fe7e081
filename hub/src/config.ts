import { readFileSync } from 'node:fs'
import { FairleadError } from '@fairlead/protocol/errors.ts'

export interface Listen {
  readonly host: string
  readonly port: number
}

export interface Config {
  readonly http: Listen
  readonly https: Listen
  readonly dataDir: string
  readonly publicUrl: string | undefined
  readonly trustedProxies: readonly string[]
  readonly databaseUrl: string | undefined
  readonly databaseOwnerUrl: string | undefined
  readonly metricsToken: string | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
}

const names = [
  'FAIRLEAD_LISTEN',
  'FAIRLEAD_TLS_LISTEN',
  'FAIRLEAD_DATA_DIR',
  'FAIRLEAD_PUBLIC_URL',
  'FAIRLEAD_TRUSTED_PROXIES',
  'FAIRLEAD_METRICS_TOKEN',
  'FAIRLEAD_METRICS_TOKEN_FILE',
  'FAIRLEAD_TLS_CERT',
  'FAIRLEAD_TLS_KEY',
  'FAIRLEAD_REQUIRE_ALL',
]

type Env = Readonly<Record<string, string | undefined>>

/** Reads the environment once. Every problem is reported together; the process then ends with 78. */
export function readConfig(env: Env, defaultDataDir = '/var/lib/fairlead-hub'): Config {
  const problems: string[] = []
  for (const name of Object.keys(env))
    if (name.startsWith('FAIRLEAD_') && !names.includes(name)) problems.push(`${name} is no setting of the hub${nearest(name)}.`)
  const config = {
    http: listen(env, 'FAIRLEAD_LISTEN', 'http://localhost:8080', problems),
    https: listen(env, 'FAIRLEAD_TLS_LISTEN', 'https://0.0.0.0:8443', problems),
    dataDir: env['FAIRLEAD_DATA_DIR'] ?? defaultDataDir,
    publicUrl: url(env, 'FAIRLEAD_PUBLIC_URL', /^https?:$/, problems),
    trustedProxies: (env['FAIRLEAD_TRUSTED_PROXIES'] ?? '').split(/[ ,]+/).filter((part) => part !== ''),
    databaseUrl: url(env, 'DATABASE_URL', /^postgres(ql)?:$/, problems),
    databaseOwnerUrl: url(env, 'DATABASE_OWNER_URL', /^postgres(ql)?:$/, problems),
    metricsToken: secret(env, 'FAIRLEAD_METRICS_TOKEN', problems),
    tlsCert: env['FAIRLEAD_TLS_CERT'],
    tlsKey: env['FAIRLEAD_TLS_KEY'],
  }
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    problems.push('FAIRLEAD_TLS_CERT and FAIRLEAD_TLS_KEY belong together; only one is set.')
  for (const proxy of config.trustedProxies)
    if (!/^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(proxy))
      problems.push(`FAIRLEAD_TRUSTED_PROXIES holds "${proxy}", which is neither an address nor a network like 10.0.0.0/8.`)
  if (problems.length > 0) throw new FairleadError('invalid_input', problems.join('\n'))
  return config
}

function listen(env: Env, name: string, fallback: string, problems: string[]): Listen {
  const text = env[name] ?? fallback
  if (!URL.canParse(text)) {
    problems.push(`${name} must look like ${fallback}, not "${text}".`)
    return { host: 'localhost', port: 0 }
  }
  const { hostname, port, protocol } = new URL(text)
  if (!/^https?:$/.test(protocol)) problems.push(`${name} must begin with http:// or https://, not "${text}".`)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}

function url(env: Env, name: string, protocols: RegExp, problems: string[]): string | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  if (URL.canParse(text) && protocols.test(new URL(text).protocol)) return text.replace(/\/$/, '')
  // An address may hold a password: it is not repeated.
  problems.push(`${name} is not a usable address.`)
  return undefined
}

function secret(env: Env, name: string, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`]
  if (file === undefined) return env[name]
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    problems.push(`${name}_FILE names ${file}, which cannot be read.`)
    return undefined
  }
}

/** The known name that shares the most with a mistyped one. */
function nearest(wrong: string): string {
  const parts = new Set(wrong.split('_'))
  const [best] = names
    .map((name) => ({ name, same: name.split('_').filter((part) => parts.has(part)).length }))
    .sort((a, b) => b.same - a.same)
  return best !== undefined && best.same > 1 ? `; did you mean ${best.name}?` : ''
}
