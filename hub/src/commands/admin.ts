import { askHub } from '../base/control.ts'
import { openOwner, type OwnerConnection } from '../base/owner.ts'
import { inOneState } from '../backup/backup.ts'
import { endLogins, noteReset, resetAccount } from '../logins/reset.ts'
import { readArgs, settingsOfHub, wrongUse } from './ask.ts'
import { writeTrail } from './trail.ts'

const usage = 'admin list [--json] | admin reset EMAIL [--factors] [--json]'

/** Accounts, from the hub's own machine: the way back for who lost every factor. */
export async function admin(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(usage, args, options)
  const [verb, email, ...more] = positionals
  if (more.length > 0 || (verb !== 'list' && verb !== 'reset') || (verb === 'reset') !== (email !== undefined)) return wrongUse(usage)
  const config = settingsOfHub()
  const owner = await openOwner(config)
  try {
    return email === undefined ? await list(owner, values.json) : await reset(owner, config.dataDir, email, values)
  } finally {
    await owner.close()
  }
}

const flag = { type: 'boolean', default: false } as const
const options = { factors: flag, json: flag } as const

interface Listed {
  /** Null: of a directory’s people, who have none here. */
  readonly email: string | null
  readonly name: string
  readonly runsHub: boolean
  readonly organizations: readonly string[]
  readonly factors: number
}

async function list(owner: OwnerConnection, json: boolean): Promise<number> {
  const rows = await inOneState(
    owner.sql,
    (db) => db<Listed[]>`SELECT email, name, runs_hub AS "runsHub",
      (SELECT coalesce(array_agg(organizations.name ORDER BY organizations.name), '{}') FROM memberships JOIN organizations USING (organization_id)
        WHERE account_id = accounts.id) AS organizations,
      (SELECT count(*)::int FROM totp WHERE account_id = accounts.id) + (SELECT count(*)::int FROM passkeys WHERE account_id = accounts.id) AS factors
      FROM accounts WHERE kind = 'person' ORDER BY created_at`,
  )
  const said = ({ email, name, runsHub, organizations, factors }: Listed) =>
    `${email ?? 'no e-mail'}  ${name}  ${organizations.join(', ') || 'no organization'}${runsHub ? '  runs the hub' : ''}  ${factors === 0 ? 'no second factor' : `${factors} second factor${factors === 1 ? '' : 's'}`}`
  process.stdout.write(json ? `${JSON.stringify(rows)}\n` : rows.map((row) => `${plain(said(row))}\n`).join(''))
  return 0
}

/** Names are what people typed: none of them moves a terminal's cursor. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')
}

async function reset(
  owner: OwnerConnection,
  dataDir: string,
  email: string,
  { factors, json }: { readonly factors: boolean; readonly json: boolean },
): Promise<number> {
  const { account, name, organizations, password } = await owner.sql.begin((db) => resetAccount(db, email, factors))
  // What is open on the hub that runs ends too, and what it remembers; it tells the person, by mail where it can.
  const told = owner.hubRuns && (await askHub(dataDir, 'account-reset', { organizations, account })) !== undefined
  await endLogins(owner.db, { account, organizations })
  if (!told) await noteReset(owner.db, account)
  for (const organization of organizations)
    await writeTrail(owner, organization, { verb: 'account.reset', target: account, targetName: email.slice(0, 256) })
  const about = factors ? 'Its second factors are gone. ' : 'Its second factors stay; to take them away too, add --factors. '
  process.stdout.write(
    json
      ? `${JSON.stringify({ account, email, password, factors })}\n`
      : `${plain(name)} signs in with this password, which is shown once: ${password}\n${about}All its logins have ended. Choose another password after signing in, under "Your account".\n`,
  )
  return 0
}
