import type { Notice } from '@fairlead/protocol/features/factors.ts'
import type { Database } from '../base/db.ts'
import { eq } from '../base/drizzle.ts'
import { createHourly } from '../base/hourly.ts'
import type { Log } from '../base/log.ts'
import { accounts, organizations } from '../base/tables.ts'
import { invitation, notice } from './letters.ts'
import { openOutbox } from './outbox.ts'
import type { MailSettings } from '../base/mail-settings.ts'

interface MailDeps {
  readonly db: Database
  readonly log: Log
  readonly settings: MailSettings | undefined
  /** Where people reach this hub. */
  readonly address: () => string
  /** After each failed try. */
  readonly retryMs?: readonly number[]
  /** Steady ms. */
  readonly now?: () => number
}

/** Letters of one kind to one account within an hour: none keeps those of another kind away, and what is not sent stands in the console. */
export const mostNotices = 10

export interface Invitation {
  readonly organization: string
  /** The account that invites: its language is used where the organization chose none, since nobody knows the other's. */
  readonly by: string
  readonly to: string
  readonly link: string
  readonly expires: Date
}

export interface Mail {
  /** Whether it is on its way. */
  invite(invitation: Invitation): Promise<boolean>
  /** What an account is told about itself goes to its address too. */
  tell(account: string, kind: Notice['kind'], ip: string): Promise<void>
  close(): Promise<void>
}

/** What people are told outside the console. */
export function openMail({ db, log, settings, address, retryMs, now }: MailDeps): Mail {
  const told = createHourly(mostNotices, now)
  const outbox = openOutbox(settings, log, retryMs)
  const personOf = async (id: string) => (await db.tx({}, (_sql, orm) => orm.select().from(accounts).where(eq(accounts.id, id))))[0]
  return {
    async invite({ organization, by, to, link, expires }) {
      if (settings === undefined) return false
      const [named] = await db.tx({ organization }, (_sql, orm) =>
        orm.select({ name: organizations.name, language: organizations.language }).from(organizations),
      )
      const inviter = await personOf(by)
      if (named === undefined || inviter === undefined) return false
      return outbox.send(
        invitation(named.language ?? inviter.language, { to, by: inviter.name, organization: named.name, link, expires }),
        organization,
      )
    },
    async tell(account, kind, ip) {
      if (settings === undefined) return
      const person = await personOf(account)
      // Accounts of a directory may have no address.
      if (person?.email == null) return
      if (told.take(`${account} ${kind}`) > 0)
        return log('info', 'a mail was not sent: the account was told this often enough within the hour', { account, kind })
      const letter = notice(person.language, { to: person.email, kind, at: new Date(), ip, address: address() })
      if (!outbox.send(letter)) log('warn', 'a mail was not sent: too many wait', { kind })
    },
    close: outbox.close,
  }
}
