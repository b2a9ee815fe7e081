-- Secrets that are kept elsewhere are asked for there each time. `secret` is the organization's own one by which the hub shows who it is.
CREATE TABLE secret_providers (
  organization_id uuid NOT NULL REFERENCES organizations,
  name text NOT NULL,
  address text NOT NULL,
  mount text NOT NULL,
  namespace text NOT NULL DEFAULT '',
  auth text NOT NULL CHECK (auth IN ('token', 'approle')),
  role_id text NOT NULL DEFAULT '',
  auth_mount text NOT NULL DEFAULT 'approle',
  secret text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, name)
);

-- `provider` by name: a reference outlives it, and is shown as one that leads nowhere. `account_id`: who made a reference.
ALTER TABLE secrets ADD COLUMN provider text;
ALTER TABLE secrets ADD COLUMN path text;
ALTER TABLE secrets ADD COLUMN field text;
ALTER TABLE secrets ADD COLUMN account_id uuid;
ALTER TABLE secrets ADD CHECK (num_nonnulls(provider, path, field) IN (0, 3));

-- What an organization chose; empty: what the hub does by itself. `second_person`: verbs of the trail that need somebody else's yes.
ALTER TABLE organizations ADD COLUMN language text;
ALTER TABLE organizations ADD COLUMN login_idle_minutes int;
ALTER TABLE organizations ADD COLUMN login_life_minutes int;
ALTER TABLE organizations ADD COLUMN second_person text[] NOT NULL DEFAULT '{}';
-- Those that are there stay as they are.
ALTER TABLE organizations ALTER COLUMN second_factor SET DEFAULT 'admins';

-- As it was chosen when the login began. `grace`: it began with the organization, before anybody could have a second factor.
ALTER TABLE logins ADD COLUMN idle_minutes int NOT NULL DEFAULT 720;
ALTER TABLE logins ADD COLUMN grace boolean NOT NULL DEFAULT false;

-- What somebody asked a second person to agree to: one method with exactly these arguments, `digest` of both, once, until `expires_at`.
CREATE TABLE approvals (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  method text NOT NULL,
  params text NOT NULL,
  digest bytea NOT NULL,
  host_id uuid,
  environment_id uuid,
  target text NOT NULL DEFAULT '',
  why text NOT NULL DEFAULT '',
  account_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  decided_by uuid,
  decided_at timestamptz,
  refused boolean NOT NULL DEFAULT false,
  used_at timestamptz,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, account_id) REFERENCES memberships (organization_id, account_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, decided_by) REFERENCES memberships (organization_id, account_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX approvals_digest ON approvals (organization_id, digest);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['secret_providers', 'approvals'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON secret_providers, approvals TO fairlead_work;
