import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sealedColumns } from '../hub.ts'
import { openTestDatabase } from './testdb.ts'

// Tables that belong to no organization, each with its reason.
const global = new Set([
  'accounts', // a person may belong to several organizations
  'account_notices', // of an account, wherever it belongs; these four are forced to show it its own alone
  'devices',
  'passkeys',
  'recovery_codes',
  'totp', // of an account too; sealed, and sealed anew without knowing whose each is
  'audit_keys', // the hub's own signature under every trail; sealed
  'organization_ids', // which organizations there are, and nothing of them
  'keks', // the key that all data keys are sealed under is the hub's; it is not here, only its fingerprint
  'hub_keys', // keys for what belongs to no organization: accounts
  'hub_epoch', // which of several hubs acts: of the hub itself
  'hub_backups', // and its backups
  'migrations', // the owner's own book; the hub's role cannot see it
])

describe('the tables of all migrations', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  before(async () => void (test = await openTestDatabase()))
  after(() => test.close())

  const names = async (rows: Promise<readonly { name: string }[]>) => (await rows).map(({ name }) => name)

  it('belong to an organization, or are on the short list of those that cannot', async () => {
    const found = await test.db.owner((sql) =>
      names(sql<
        { name: string }[]
      >`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'organization_id' AND attnotnull)`),
    )
    assert.deepEqual(new Set(found), global)
  })

  it('are forced under row-level security, partitions too [security 106]', async () => {
    const open = await test.db.owner((sql) =>
      names(sql<
        { name: string }[]
      >`SELECT relname AS name FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id'
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)`),
    )
    assert.deepEqual(open, [])
  })

  it('leave it to the hub which names are alike: no index asks the locale of the database', async () => {
    const found = await test.db.owner((sql) =>
      names(
        sql<
          { name: string }[]
        >`SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' AND indexdef ~* '(lower|upper|initcap)\\('`,
      ),
    )
    assert.deepEqual(found, [])
  })

  it('of an account are forced to show it its own alone, when read and when written', async () => {
    const found = await test.db.owner(
      (sql) => sql<{ name: string; forced: boolean; using: string; check: string }[]>`SELECT relname AS name,
        relrowsecurity AND relforcerowsecurity AS forced, pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS check
        FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid AND polname = 'own_account' AND polcmd = '*'`,
    )
    assert.equal(found.length, 4)
    const own = "(account_id = (NULLIF(current_setting('app.account'::text, true), ''::text))::uuid)"
    for (const { name, forced, using, check } of found) assert.deepEqual([forced, using, check], [true, own, own], name)
  })

  it('compare with the organization that was set, when read and when written, and fail closed [security 106]', async () => {
    const own = await test.db.owner(
      (sql) => sql<{ name: string; using: string; check: string; body: string }[]>`SELECT relname AS name,
        pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS check,
        (SELECT prosrc FROM pg_proc WHERE proname = 'own_organization') AS body
        FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid AND polname = 'own' AND polcmd = '*'`,
    )
    for (const { name, using, check, body } of own) {
      assert.equal(using, '(organization_id = own_organization())', name)
      assert.equal(check, '(organization_id = own_organization())', name)
      assert.match(body, /nullif\(current_setting\('app\.organization', true\), ''\)::uuid/)
    }
    const granted = await test.db.owner((sql) =>
      names(
        sql<
          { name: string }[]
        >`SELECT DISTINCT table_name AS name FROM information_schema.role_table_grants WHERE grantee = 'fairlead_work'`,
      ),
    )
    assert.deepEqual(granted.filter((name) => !global.has(name)).sort(), own.map(({ name }) => name).sort())
  })

  it('let in by any other rule only who reads, and names exactly what is looked for', async () => {
    const others = await test.db.owner((sql) =>
      names(sql<
        { name: string }[]
      >`SELECT relname || '.' || polname || '.' || polcmd::text AS name FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
        WHERE polname <> 'own' ORDER BY 1`),
    )
    const ofAccounts = others.filter((name) => name.endsWith('.own_account.*')).map((name) => name.split('.')[0])
    assert.deepEqual(ofAccounts, ['account_notices', 'devices', 'passkeys', 'recovery_codes'])
    assert.deepEqual(
      others.filter((name) => !name.endsWith('.*')),
      [
        'account_invitations.shown.r',
        'data_keys.shown.r',
        'hosts.shown.r',
        'invitations.shown.r',
        'logins.shown.r',
        'memberships.own_account.r',
        'passkeys.shown.r',
        'replaced_keys.shown.r',
        'tokens.shown.r',
      ],
    )
  })

  it('are unique within an organization only, and point only within it [security 108]', async () => {
    const indexes = await test.db.owner((sql) =>
      names(sql<{ name: string }[]>`SELECT index.relname AS name FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        JOIN pg_class AS owner ON owner.oid = indrelid JOIN pg_attribute ON attrelid = indrelid AND attname = 'organization_id'
        WHERE owner.relnamespace = 'public'::regnamespace AND indisunique AND indkey[0] <> attnum`),
    )
    assert.deepEqual(indexes, [])
    const pointers = await test.db.owner((sql) =>
      names(sql<{ name: string }[]>`SELECT conname AS name FROM pg_constraint
        JOIN pg_attribute AS here ON here.attrelid = conrelid AND here.attname = 'organization_id'
        JOIN pg_attribute AS there ON there.attrelid = confrelid AND there.attname = 'organization_id'
        WHERE contype = 'f' AND NOT (here.attnum = conkey[1] AND there.attnum = confkey[1])`),
    )
    assert.deepEqual(pointers, [])
  })

  it('have their sealed columns on the list that a rotation of keys goes through, with whose keys seal them [security 130]', async () => {
    const held = await test.db.owner(
      (sql) => sql<{ table: string; key: string; of: string }[]>`SELECT conrelid::regclass::text AS table, attname AS key,
        CASE confrelid::regclass::text WHEN 'hub_keys' THEN 'hub' ELSE 'organization' END AS of
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[array_upper(conkey, 1)]
        WHERE contype = 'f' AND confrelid IN ('data_keys'::regclass, 'hub_keys'::regclass) ORDER BY 1`,
    )
    assert.deepEqual(
      held.map(({ table, key, of }) => [table, key.replace(/_key$/, ''), of]),
      sealedColumns.map(({ table, column, of }) => [table, column, of]).sort(),
    )
    // The row of a place is told by the row's own key.
    for (const { table, row, of } of sealedColumns) {
      const [found] = await test.db.owner(
        (sql) => sql<
          { columns: string[] }[]
        >`SELECT array_agg(attname::text ORDER BY array_position(indkey, attnum)) AS columns FROM pg_index
          JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) WHERE indrelid = ${table}::regclass AND indisprimary`,
      )
      assert.deepEqual([...(of === 'organization' ? ['organization_id'] : []), ...row], found!.columns, table)
    }
  })

  it('have no materialized view, no view past the rules, no function with its owner’s rights [security 109]', async () => {
    const views = await test.db.owner((sql) =>
      names(sql<{ name: string }[]>`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND (relkind = 'm' OR (relkind = 'v' AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'))`),
    )
    assert.deepEqual(views, [])
    const definers = await test.db.owner((sql) =>
      names(sql<{ name: string }[]>`SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef`),
    )
    assert.deepEqual(definers, [])
  })
})
