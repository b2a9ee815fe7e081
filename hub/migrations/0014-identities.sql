-- Sign-in by providers of an organization: OpenID Connect, LDAP (docs/decisions/0019-identities.md).

-- Whoever came through one has an account without e-mail and password: nobody finds it by either, invites it, or becomes it elsewhere.
ALTER TABLE accounts ALTER COLUMN email DROP NOT NULL;
ALTER TABLE accounts ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE accounts ADD CHECK (num_nonnulls(email, password_hash) <> 1);

-- `settings`: of its kind, nothing secret. `secret` is sealed. `second_factor`: who asks for it, this hub or the provider.
CREATE TABLE identity_providers (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  settings jsonb NOT NULL,
  secret bytea,
  enabled boolean NOT NULL DEFAULT false,
  just_in_time boolean NOT NULL DEFAULT true,
  second_factor text NOT NULL DEFAULT 'here' CHECK (second_factor IN ('here', 'provider')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX identity_providers_name ON identity_providers (organization_id, lower(name));
SELECT hold_sealed('identity_providers', 'secret');

-- Who is in this group of the provider gets this role there, for as long as they are. '*': everybody who comes through it.
CREATE TABLE identity_rules (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  provider_id uuid NOT NULL,
  external_group text NOT NULL,
  role text NOT NULL,
  reach jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, provider_id) REFERENCES identity_providers (organization_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX identity_rules_same ON identity_rules (organization_id, provider_id, external_group, role, reach);

-- Whose account somebody of a provider is. `subject`: what the provider never gives to anybody else. `name` and `email`: as it said last,
-- to be shown. `linked`: the account is a person's own, who linked it; else it came to be with this identity.
CREATE TABLE identities (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  provider_id uuid NOT NULL,
  subject text NOT NULL,
  account_id uuid NOT NULL,
  name text NOT NULL,
  email text NOT NULL DEFAULT '',
  linked boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, provider_id) REFERENCES identity_providers (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, account_id) REFERENCES memberships (organization_id, account_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX identities_subject ON identities (organization_id, provider_id, subject);
CREATE INDEX identities_account ON identities (organization_id, account_id);

-- A grant that came of a provider's rules; the same may be given by hand beside it, and stays when this one goes.
ALTER TABLE grants ADD COLUMN provider_id uuid;
ALTER TABLE grants ADD FOREIGN KEY (organization_id, provider_id) REFERENCES identity_providers (organization_id, id) ON DELETE CASCADE;
DROP INDEX grants_same;
CREATE UNIQUE INDEX grants_same ON grants (organization_id, coalesce(account_id, team_id), coalesce(built_in, role_id::text), effect,
  coalesce(environment_id::text, host_id::text, tag, ''), coalesce(provider_id::text, ''));

-- The provider that a login came through: it goes with it.
ALTER TABLE logins ADD COLUMN provider_id uuid;
ALTER TABLE logins ADD FOREIGN KEY (organization_id, provider_id) REFERENCES identity_providers (organization_id, id) ON DELETE CASCADE;
CREATE INDEX logins_provider ON logins (organization_id, provider_id) WHERE provider_id IS NOT NULL;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['identity_providers', 'identity_rules', 'identities'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_providers, identity_rules, identities TO fairlead_work;
