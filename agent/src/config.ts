import { FairleadError } from '@fairlead/protocol/errors.ts'
import { readProxies, type ProxySettings } from './proxy.ts'

export interface Config {
  readonly stateDir: string
  readonly engineSocket: string | undefined
  readonly metricsMs: number
  /** Joins at first start, when the host is not enrolled yet. Read from stdin or a file, never from argv. */
  readonly joinFile: string | undefined
  readonly name: string | undefined
  /** Whether V8 compiles for speed only while there is work: less memory and processor at rest, on flags that Node calls unsupported at run time. */
  readonly compileWhenBusy: boolean
  /** What this host lets its hub do; written by root. */
  readonly policyFile: string
  /** The script that started this; it decides which program runs next. Its settings, nobody else's. */
  readonly starter?: string | undefined
  /** Its process, where it is still there and waits for how this ends. */
  readonly starterStays?: number | undefined
  readonly proxies: ProxySettings
  /** Where a container sees the files of its host; empty: they are this machine's own. */
  readonly hostRoot?: string
}

const known = [
  'FAIRLEAD_STATE_DIR',
  'FAIRLEAD_ENGINE',
  'FAIRLEAD_METRICS_SECONDS',
  'FAIRLEAD_JOIN_FILE',
  'FAIRLEAD_HOST_NAME',
  'FAIRLEAD_COMPILE',
  'FAIRLEAD_POLICY',
  'FAIRLEAD_STARTER',
  'FAIRLEAD_STARTER_STAYS',
  'FAIRLEAD_HOST_ROOT',
  'FAIRLEAD_REQUIRE_ALL',
]

/** Reads the environment once and reports every problem together. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  for (const name of Object.keys(env))
    if (name.startsWith('FAIRLEAD_') && !known.includes(name))
      problems.push(`${name} is no setting of the agent; known are ${known.filter((one) => !/REQUIRE_ALL|STARTER/.test(one)).join(', ')}.`)
  const seconds = Number(env['FAIRLEAD_METRICS_SECONDS'] ?? '10')
  if (!(seconds >= 0.2 && seconds <= 3600))
    problems.push(`FAIRLEAD_METRICS_SECONDS must be a number from 0.2 to 3600, not "${env['FAIRLEAD_METRICS_SECONDS']}".`)
  const name = env['FAIRLEAD_HOST_NAME']
  if (name !== undefined && !/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u.test(name))
    problems.push(
      'FAIRLEAD_HOST_NAME must begin with a letter or digit and have at most 63 letters, digits, blanks, dots, dashes or underscores.',
    )
  const compile = env['FAIRLEAD_COMPILE'] ?? 'busy'
  if (compile !== 'always' && compile !== 'busy') problems.push(`FAIRLEAD_COMPILE must be "always" or "busy", not "${compile}".`)
  if (env['FAIRLEAD_POLICY'] !== undefined && !env['FAIRLEAD_POLICY'].startsWith('/'))
    problems.push('FAIRLEAD_POLICY must be an absolute path.')
  if (env['FAIRLEAD_STARTER'] !== undefined && !env['FAIRLEAD_STARTER'].startsWith('/'))
    problems.push('FAIRLEAD_STARTER must be an absolute path.')
  const hostRoot = env['FAIRLEAD_HOST_ROOT'] ?? ''
  if (!/^(\/[^/]+)*$/.test(hostRoot)) problems.push('FAIRLEAD_HOST_ROOT must be an absolute path that ends in no slash.')
  if (problems.length > 0) throw new FairleadError('invalid_input', problems.join('\n'))
  return {
    stateDir: env['FAIRLEAD_STATE_DIR'] ?? '/var/lib/fairlead',
    engineSocket: env['FAIRLEAD_ENGINE'],
    metricsMs: seconds * 1000,
    joinFile: env['FAIRLEAD_JOIN_FILE'],
    name,
    compileWhenBusy: compile === 'busy',
    policyFile: env['FAIRLEAD_POLICY'] ?? '/etc/fairlead/policy.json',
    starter: env['FAIRLEAD_STARTER'],
    starterStays: env['FAIRLEAD_STARTER_STAYS'] === undefined ? undefined : Number(env['FAIRLEAD_STARTER_STAYS']),
    proxies: readProxies(env),
    hostRoot,
  }
}
