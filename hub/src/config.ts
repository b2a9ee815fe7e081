import { accessSync, constants, readFileSync } from 'node:fs'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { mostStandby, StandbyAddress } from '@fairlead/protocol/hello.ts'
import { originFault } from '@fairlead/protocol/origin.ts'
import { acmeNames, readAcme, type AcmeSettings } from './base/acme-settings.ts'
import { netFault } from './base/addresses.ts'
import { readSinks, type AuditSink } from './base/audit-sinks.ts'
import type { BackupSettings } from './backup/schedule.ts'
import { dataDirProblem } from './base/datadir.ts'
import type { KekSource } from './base/kek.ts'
import { secretOf, type Secret } from './base/secret.ts'
import { mailNames, readMail, type MailSettings } from './base/mail-settings.ts'

export interface Listen {
  readonly host: string
  readonly port: number
}

export interface Config {
  readonly http: Listen
  readonly https: Listen
  readonly dataDir: string
  readonly publicUrl: string | undefined
  /** Where else hosts look for this hub: another name or way of this one, or a machine that takes over with its key. */
  readonly standbyUrls?: readonly string[]
  readonly trustedProxies: readonly string[]
  /** Networks inside that the hub may ask what people give it the addresses of: sign-in providers, directories, webhooks. */
  readonly outboundAllow?: readonly string[]
  readonly databaseUrl: string | undefined
  readonly databaseOwnerUrl: string | undefined
  /** Past a pooler, which passes on nothing that a database says by itself; absent: `databaseUrl`. */
  readonly databaseDirectUrl?: string | undefined
  readonly metricsToken: Secret | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  /** The hub has its certificate made by an authority. */
  readonly acme?: AcmeSettings | undefined
  /** What all data keys are sealed under; absent: the file `kek` in the data folder. */
  readonly kek?: KekSource | undefined
  /** The one before, while the database is still under it. */
  readonly kekOld?: KekSource | undefined
  /** Absent: the hub sends none. */
  readonly mail?: MailSettings | undefined
  /** Where rows of the trail are sent on to. Only a file says so: nobody who is let into the console can turn the trail away. */
  readonly auditSinks?: readonly AuditSink[]
  /** Backups that the hub makes by itself; absent: none. */
  readonly backup?: BackupSettings | undefined
  /** What a backup says of where this hub is: nothing secret. */
  readonly said?: Readonly<Record<string, string>>
  /** Of logins, for every organization; absent: as each one chooses. */
  readonly loginIdleMinutes?: number | undefined
  readonly loginLifeMinutes?: number | undefined
  /** Which settings were given, and whether by a variable or by a file that one names. */
  readonly given?: ReadonlyMap<string, 'env' | 'file'>
  /** Whoever started the hub can make hosts up beside it. */
  readonly demo: boolean
  /** And does so by itself. */
  readonly demoBegins?: boolean
}

const kekNames = ['FAIRLEAD_KEK', 'FAIRLEAD_KEK_OLD'].flatMap((name) =>
  ['FILE', 'COMMAND', 'PASSPHRASE', 'PASSPHRASE_FILE'].map((kind) => `${name}_${kind}`),
)
const names = [
  ...kekNames,
  ...mailNames,
  ...acmeNames,
  'FAIRLEAD_LISTEN',
  'FAIRLEAD_TLS_LISTEN',
  'FAIRLEAD_DATA_DIR',
  'FAIRLEAD_PUBLIC_URL',
  'FAIRLEAD_STANDBY_URLS',
  'FAIRLEAD_TRUSTED_PROXIES',
  'FAIRLEAD_OUTBOUND_ALLOW',
  'FAIRLEAD_METRICS_TOKEN',
  'FAIRLEAD_METRICS_TOKEN_FILE',
  'FAIRLEAD_TLS_CERT',
  'FAIRLEAD_TLS_KEY',
  'FAIRLEAD_AUDIT_SINKS',
  ...['DIR', 'EVERY', 'KEEP', 'PASSPHRASE', 'PASSPHRASE_FILE'].map((name) => `FAIRLEAD_BACKUP_${name}`),
  'FAIRLEAD_LOGIN_IDLE_MINUTES',
  'FAIRLEAD_LOGIN_LIFE_MINUTES',
  'FAIRLEAD_DEMO',
  'FAIRLEAD_REQUIRE_ALL',
]

type Env = Readonly<Record<string, string | undefined>>

/** Reads the environment once. Every problem is reported together; the process then ends with 78. */
export function readConfig(env: Env, defaultDataDir = '/var/lib/fairlead-hub'): Config {
  const problems: string[] = []
  for (const name of Object.keys(env))
    if (name.startsWith('FAIRLEAD_') && !names.includes(name)) problems.push(`${name} is no setting of the hub${nearest(name)}.`)
  const metricsToken = secret(env, 'FAIRLEAD_METRICS_TOKEN', problems)
  const http = listen(env, 'FAIRLEAD_LISTEN', 'http://localhost:8080', problems)
  const publicUrlSaid = publicUrl(env, problems)
  const tlsCert = readable(env, 'FAIRLEAD_TLS_CERT', problems)
  const config = {
    http,
    https: listen(env, 'FAIRLEAD_TLS_LISTEN', 'https://0.0.0.0:8443', problems),
    dataDir: env['FAIRLEAD_DATA_DIR'] ?? defaultDataDir,
    publicUrl: publicUrlSaid,
    standbyUrls: standbyUrls(env, problems),
    trustedProxies: (env['FAIRLEAD_TRUSTED_PROXIES'] ?? '').split(/[ ,]+/).filter((part) => part !== ''),
    outboundAllow: (env['FAIRLEAD_OUTBOUND_ALLOW'] ?? '').split(/[ ,]+/).filter((part) => part !== ''),
    databaseUrl: databaseAddress(env, 'DATABASE_URL', problems),
    databaseOwnerUrl: databaseAddress(env, 'DATABASE_OWNER_URL', problems),
    databaseDirectUrl: databaseAddress(env, 'DATABASE_DIRECT_URL', problems),
    metricsToken: metricsToken === undefined ? undefined : secretOf(metricsToken),
    tlsCert,
    tlsKey: readable(env, 'FAIRLEAD_TLS_KEY', problems),
    acme: readAcme(env, acmeKnown(env, { http, publicUrl: publicUrlSaid, tlsCert }, problems), problems),
    kek: kekSource(env, 'FAIRLEAD_KEK', problems),
    kekOld: kekSource(env, 'FAIRLEAD_KEK_OLD', problems),
    mail: readMail(env, secret(env, 'FAIRLEAD_MAIL_PASSWORD', problems), problems),
    auditSinks: env['FAIRLEAD_AUDIT_SINKS'] === undefined ? [] : readSinks(env['FAIRLEAD_AUDIT_SINKS'], problems),
    backup: backupSettings(env, problems),
    said: saidIn(env),
    loginIdleMinutes: minutes(env, 'FAIRLEAD_LOGIN_IDLE_MINUTES', problems),
    loginLifeMinutes: minutes(env, 'FAIRLEAD_LOGIN_LIFE_MINUTES', problems),
    given: givenIn(env),
    demo: ['1', 'begins'].includes(env['FAIRLEAD_DEMO'] ?? ''),
    demoBegins: env['FAIRLEAD_DEMO'] === 'begins',
  }
  const folder = dataDirProblem(config.dataDir)
  if (folder !== undefined) problems.push(folder)
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    problems.push('FAIRLEAD_TLS_CERT and FAIRLEAD_TLS_KEY belong together; only one is set.')
  for (const proxy of config.trustedProxies)
    if (!/^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(proxy))
      problems.push(`FAIRLEAD_TRUSTED_PROXIES holds "${proxy}", which is neither an address nor a network like 10.0.0.0/8.`)
  for (const fault of config.outboundAllow.map(netFault)) if (fault !== undefined) problems.push(`FAIRLEAD_OUTBOUND_ALLOW: ${fault}.`)
  if (config.databaseOwnerUrl !== undefined && config.databaseUrl === undefined)
    problems.push('DATABASE_OWNER_URL is set and DATABASE_URL is not; set both, or none for the bundled PostgreSQL.')
  if (config.databaseDirectUrl !== undefined && config.databaseUrl === undefined)
    problems.push('DATABASE_DIRECT_URL is set and DATABASE_URL is not; set both, or none for the bundled PostgreSQL.')
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

function acmeKnown(env: Env, known: Pick<Config, 'http' | 'publicUrl' | 'tlsCert'>, problems: string[]) {
  const eabKey = secret(env, 'FAIRLEAD_ACME_EAB_KEY', problems)
  return { ...known, eabKey, listen: listen(env, 'FAIRLEAD_ACME_LISTEN', 'http://0.0.0.0:80', problems) }
}

/** A week at most. */
function minutes(env: Env, name: string, problems: string[]): number | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (value < 5 || value > 7 * 24 * 60) problems.push(`${name} must be a number of minutes from 5 to 10080, not "${text}".`)
  return value
}

/** What was set at all, by name; of `X_FILE` it is `X` that was. */
function givenIn(env: Env): ReadonlyMap<string, 'env' | 'file'> {
  const set = Object.keys(env).filter((name) => /^(FAIRLEAD|DATABASE)_/.test(name) && env[name] !== '')
  return new Map(set.map((name) => (name.endsWith('_FILE') ? [name.slice(0, -5), 'file'] : [name, 'env'])))
}

function publicUrl(env: Env, problems: string[]): string | undefined {
  const text = env['FAIRLEAD_PUBLIC_URL']
  if (text === undefined || text === '') return undefined
  const why = originFault(text)
  if (why === 'form') problems.push('FAIRLEAD_PUBLIC_URL is not a usable address; it must look like https://hub.example.')
  if (why === 'http')
    problems.push(
      'FAIRLEAD_PUBLIC_URL must begin with https://; http:// is for this machine alone (http://localhost:8080), nobody can sign in over it from elsewhere.',
    )
  return text.replace(/\/$/, '')
}

/** Each as an agent dials it. */
function standbyUrls(env: Env, problems: string[]): readonly string[] {
  const given = (env['FAIRLEAD_STANDBY_URLS'] ?? '').split(/[ ,]+/).filter((part) => part !== '')
  const origins = [...new Set(given.map((text) => (URL.canParse(text) ? new URL(text).origin : text)))]
  for (const origin of origins)
    if (!StandbyAddress.safeParse(origin).success)
      problems.push(
        `FAIRLEAD_STANDBY_URLS holds "${origin.slice(0, 100)}", which no agent could dial; each must look like https://hub-2.example:8443.`,
      )
  if (origins.length > mostStandby) problems.push(`FAIRLEAD_STANDBY_URLS holds ${origins.length} addresses; ${mostStandby} is the most.`)
  return origins
}

/** It may hold a password, so it may come in a file too. */
function databaseAddress(env: Env, name: string, problems: string[]): string | undefined {
  return checkUrl(secret(env, name, problems), name, /^postgres(ql)?:$/, 'postgres://user:password@host:5432/name', problems)
}

function checkUrl(text: string | undefined, name: string, protocols: RegExp, like: string, problems: string[]): string | undefined {
  if (text === undefined || text === '') return undefined
  if (URL.canParse(text) && protocols.test(new URL(text).protocol)) return text.replace(/\/$/, '')
  // An address may hold a password: it is not repeated.
  problems.push(`${name} is not a usable address; it must look like ${like}.`)
  return undefined
}

function readable(env: Env, name: string, problems: string[]): string | undefined {
  const file = env[name]
  if (file === undefined) return undefined
  try {
    accessSync(file, constants.R_OK)
  } catch {
    problems.push(`${name} names ${file}, which cannot be read; give the path of a PEM file that this account may read.`)
  }
  return file
}

const said = ['FAIRLEAD_LISTEN', 'FAIRLEAD_TLS_LISTEN', 'FAIRLEAD_PUBLIC_URL', 'FAIRLEAD_TRUSTED_PROXIES'] as const

function saidIn(env: Env): Record<string, string> {
  return Object.fromEntries(said.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function backupSettings(env: Env, problems: string[]): BackupSettings | undefined {
  const dir = env['FAIRLEAD_BACKUP_DIR']
  const every = env['FAIRLEAD_BACKUP_EVERY'] ?? '24h'
  const keep = Number(env['FAIRLEAD_BACKUP_KEEP'] ?? 7)
  const passphrase = secret(env, 'FAIRLEAD_BACKUP_PASSPHRASE', problems)
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(every) ?? []
  if (count === undefined) problems.push(`FAIRLEAD_BACKUP_EVERY must be like 24h, 90m or 7d, not "${every}".`)
  if (!Number.isInteger(keep) || keep < 1 || keep > 1000) problems.push('FAIRLEAD_BACKUP_KEEP must be a whole number from 1 to 1000.')
  if (dir !== undefined && !dir.startsWith('/')) problems.push(`FAIRLEAD_BACKUP_DIR must be a whole path, not "${dir}".`)
  if (passphrase !== undefined && passphrase.length < 12)
    problems.push('FAIRLEAD_BACKUP_PASSPHRASE must have 12 characters at least; five unrelated words do.')
  if (dir === undefined) return undefined
  const everyMs = Number(count) * unitsMs[(unit ?? 'h') as keyof typeof unitsMs]
  return { dir, everyMs, keep, passphrase: passphrase === undefined ? undefined : () => passphrase }
}

/** Where the key is; it is read when the database is there. */
function kekSource(env: Env, name: string, problems: string[]): KekSource | undefined {
  const [path, command] = [env[`${name}_FILE`], env[`${name}_COMMAND`]]
  const passphrase = secret(env, `${name}_PASSPHRASE`, problems)
  const argv = command === undefined ? undefined : argvOf(command)
  if ([path, command, passphrase].filter((given) => given !== undefined).length > 1)
    problems.push(`Of ${name}_FILE, ${name}_COMMAND and ${name}_PASSPHRASE only one may be set.`)
  if (passphrase !== undefined && passphrase.length < 16)
    problems.push(`${name}_PASSPHRASE must have 16 characters at least; six unrelated words do.`)
  if (command !== undefined && argv === undefined)
    problems.push(`${name}_COMMAND must be a list like ["/usr/bin/get-key", "fairlead"]; it is run without a shell.`)
  if (path !== undefined) return { kind: 'file', path }
  if (passphrase !== undefined) return { kind: 'passphrase', passphrase: () => passphrase }
  if (argv === undefined) return undefined
  // The secrets of the hub are not the command's business; where its own settings are is.
  const rest = Object.fromEntries(Object.entries(env).filter(([key]) => !/^(FAIRLEAD|DATABASE)_/.test(key)))
  return { kind: 'command', argv, env: rest }
}

function argvOf(text: string): string[] | undefined {
  try {
    const argv: unknown = JSON.parse(text)
    const fits = Array.isArray(argv) && argv.length > 0 && argv[0] !== '' && argv.every((part) => typeof part === 'string')
    return fits ? argv : undefined
  } catch {
    return undefined
  }
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
