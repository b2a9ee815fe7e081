import { readPem } from './pem-file.ts'

/** How the hub sends mail; absent: it sends none, and says what it would have sent in the console alone. */
export interface MailSettings {
  readonly host: string
  readonly port: number
  /** From the first byte; otherwise after STARTTLS, without which nothing is sent. */
  readonly tls: boolean
  /** PEM, beside those that the system trusts. */
  readonly ca?: string
  readonly user?: string
  /** Never a value of its own: nothing that is printed or logged holds it. */
  readonly password?: () => string
  readonly from: string
}

type Env = Readonly<Record<string, string | undefined>>

export const mailNames = [
  'FAIRLEAD_MAIL',
  'FAIRLEAD_MAIL_FROM',
  'FAIRLEAD_MAIL_CA',
  'FAIRLEAD_MAIL_PASSWORD',
  'FAIRLEAD_MAIL_PASSWORD_FILE',
]

const like = 'smtps://user@mail.example:465 or smtp://mail.example:587'

/** `password`: what FAIRLEAD_MAIL_PASSWORD or its file holds. */
export function readMail(env: Env, password: string | undefined, problems: string[]): MailSettings | undefined {
  const text = env['FAIRLEAD_MAIL'] ?? ''
  const from = env['FAIRLEAD_MAIL_FROM'] ?? ''
  if (text === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    problems.push(`FAIRLEAD_MAIL must look like ${like}.`)
    return undefined
  }
  if (url.password !== '')
    problems.push('FAIRLEAD_MAIL holds a password, which everyone sees who sees the process; give FAIRLEAD_MAIL_PASSWORD_FILE.')
  if (!/^[^\r\n]*[^\s@<]@[^\s@>]+>?$/.test(from))
    problems.push('FAIRLEAD_MAIL_FROM must be who mail comes from, like Fairlead <fairlead@example.org>.')
  if ((url.username === '') !== (password === undefined))
    problems.push('FAIRLEAD_MAIL names a user and FAIRLEAD_MAIL_PASSWORD its password: give both, or none.')
  const tls = url.protocol === 'smtps:'
  const ca = readPem('FAIRLEAD_MAIL_CA', env['FAIRLEAD_MAIL_CA'], problems)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 465 : 587) : Number(url.port),
    tls,
    from,
    ...(ca === undefined ? {} : { ca }),
    ...(password === undefined ? {} : { user: decodeURIComponent(url.username), password: () => password }),
  }
}
