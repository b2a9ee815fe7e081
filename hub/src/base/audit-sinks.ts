import { readFileSync, statSync } from 'node:fs'
import * as z from 'zod/mini'

interface Named {
  readonly name: string
  /** Ids; absent: every organization's trail goes there. */
  readonly organizations?: readonly string[] | undefined
}

/** Rows over TCP or TLS, one frame each. */
export interface SyslogSink extends Named {
  readonly kind: 'syslog'
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** PEM; absent: the authorities that the system trusts. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: (() => string) | undefined
}

/** Rows as signed requests. */
export interface WebhookSink extends Named {
  readonly kind: 'webhook'
  readonly url: string
  readonly secret: () => Buffer
}

export type AuditSink = SyslogSink | WebhookSink

const Name = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,31}$/))
const Organizations = z.optional(z.array(z.uuid()).check(z.minLength(1), z.maxLength(1000)))
const Path = z.string().check(z.regex(/^\//), z.maxLength(4096))
const Sinks = z.strictObject({
  sinks: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('syslog'),
          name: Name,
          address: z.string().check(z.regex(/^(tcp|tls):\/\/[^\s/@?#]+:\d{1,5}$/)),
          ca: z.optional(Path),
          cert: z.optional(Path),
          key: z.optional(Path),
          organizations: Organizations,
        }),
        z.strictObject({
          kind: z.literal('webhook'),
          name: Name,
          url: z.string().check(z.regex(/^https?:\/\/\S+$/), z.maxLength(2048)),
          secretFile: Path,
          organizations: Organizations,
        }),
      ]),
    )
    .check(z.maxLength(16)),
})

/** What the file of FAIRLEAD_AUDIT_SINKS says. Each problem is told in a sentence; what it holds is not repeated. */
export function readSinks(file: string, problems: string[]): readonly AuditSink[] {
  let said: unknown
  try {
    said = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    problems.push(
      `FAIRLEAD_AUDIT_SINKS names ${file}, which ${error instanceof SyntaxError ? 'is no JSON' : 'cannot be read'}; docs/operations.md has an example.`,
    )
    return []
  }
  const parsed = Sinks.safeParse(said)
  if (!parsed.success) {
    for (const { path } of parsed.error.issues.slice(0, 10))
      problems.push(
        `${file} (FAIRLEAD_AUDIT_SINKS) does not fit at ${path.join('.') || 'its beginning'}; docs/operations.md says what may stand there.`,
      )
    return []
  }
  const names = new Set(parsed.data.sinks.map(({ name }) => name))
  if (names.size < parsed.data.sinks.length) problems.push(`${file} (FAIRLEAD_AUDIT_SINKS) has two sinks of the same name.`)
  return parsed.data.sinks.flatMap((sink): AuditSink[] => {
    if (sink.kind === 'webhook') return webhook(sink, file, problems)
    const { hostname, port, protocol } = new URL(sink.address)
    const { name, organizations } = sink
    const [ca, cert, key] = [
      pem(sink.ca, problems),
      pem(sink.cert, problems),
      sink.key === undefined ? undefined : secretIn(sink.key, problems),
    ]
    if ((cert === undefined) !== (key === undefined))
      problems.push(`The sink ${name} in ${file} has only one of cert and key; they belong together.`)
    const host = hostname.replace(/^\[|\]$/g, '')
    return [
      {
        kind: 'syslog',
        name,
        organizations,
        host,
        port: Number(port),
        tls: protocol === 'tls:',
        ca,
        cert,
        key: key && (() => key.toString('utf8')),
      },
    ]
  })
}

interface SaidWebhook {
  readonly name: string
  readonly url: string
  readonly secretFile: string
  readonly organizations?: readonly string[] | undefined
}

function webhook({ name, url, secretFile, organizations }: SaidWebhook, file: string, problems: string[]): WebhookSink[] {
  if (!URL.canParse(url) || new URL(url).username !== '')
    problems.push(`The sink ${name} in ${file} has no usable url; it must look like https://siem.example/hook.`)
  const text = secretIn(secretFile, problems)?.toString('utf8').trim()
  if (text === undefined) return []
  const secret = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(text) ? Buffer.from(text.slice(6), 'base64') : undefined
  if (secret === undefined || secret.length < 24 || secret.length > 64) {
    problems.push(`${secretFile} (of the sink ${name}) must hold whsec_ and 24 to 64 random bytes in base64.`)
    return []
  }
  return [{ kind: 'webhook', name, url, organizations, secret: () => secret }]
}

function pem(path: string | undefined, problems: string[]): string | undefined {
  return path === undefined ? undefined : readOr(path, problems)?.toString('utf8')
}

/** Nobody but the hub's own account may read what is secret. */
function secretIn(path: string, problems: string[]): Buffer | undefined {
  const bytes = readOr(path, problems)
  if (bytes !== undefined && (statSync(path).mode & 0o077) !== 0) {
    problems.push(`${path} can be read by other accounts; chmod 600 it.`)
    return undefined
  }
  return bytes
}

function readOr(path: string, problems: string[]): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    problems.push(`${path}, which FAIRLEAD_AUDIT_SINKS’ file names, cannot be read.`)
    return undefined
  }
}
