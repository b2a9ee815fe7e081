-- Everything that belongs to an organization carries organization_id, is forced under row-level security, and shows itself to
-- `app.organization` alone. What must be found before the organization is known shows itself to whoever names it exactly.

CREATE TABLE organizations (
  organization_id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  language text NOT NULL DEFAULT 'en',
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE environments (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (organization_id, id)
);

CREATE TABLE memberships (
  organization_id uuid NOT NULL REFERENCES organizations,
  account_id uuid NOT NULL REFERENCES accounts,
  role text NOT NULL,
  PRIMARY KEY (organization_id, account_id)
);

CREATE TABLE logins (
  organization_id uuid NOT NULL REFERENCES organizations,
  token_hash bytea NOT NULL,
  account_id uuid NOT NULL REFERENCES accounts,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, token_hash)
);

CREATE TABLE hosts (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  environment_id uuid NOT NULL,
  public_key bytea NOT NULL,
  name text NOT NULL,
  tags text[] NOT NULL DEFAULT '{}',
  facts jsonb,
  enrolled_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz,
  last_loss text NOT NULL DEFAULT '',
  revoked_at timestamptz,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id)
);
CREATE UNIQUE INDEX hosts_key ON hosts (organization_id, public_key);
CREATE INDEX hosts_by_key ON hosts (public_key);

CREATE TABLE invitations (
  organization_id uuid NOT NULL,
  id text NOT NULL,
  environment_id uuid NOT NULL,
  secret_hash bytea NOT NULL,
  tags text[] NOT NULL DEFAULT '{}',
  hostname text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  canceled_at timestamptz,
  host_id uuid,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id)
);

CREATE TABLE audit (
  organization_id uuid NOT NULL REFERENCES organizations,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  body text NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (organization_id, seq)
);

-- step: 10, 60 or 900 seconds. One table a resolution, one partition a stretch of time: old ones are dropped whole.
CREATE TABLE metrics (
  organization_id uuid NOT NULL,
  step int NOT NULL,
  host_id uuid NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  name text NOT NULL,
  at timestamptz NOT NULL,
  average real NOT NULL,
  maximum real NOT NULL,
  PRIMARY KEY (organization_id, step, host_id, kind, subject, name, at)
) PARTITION BY LIST (step);
CREATE TABLE metrics_10s PARTITION OF metrics FOR VALUES IN (10) PARTITION BY RANGE (at);
CREATE TABLE metrics_1m PARTITION OF metrics FOR VALUES IN (60) PARTITION BY RANGE (at);
CREATE TABLE metrics_15m PARTITION OF metrics FOR VALUES IN (900) PARTITION BY RANGE (at);

CREATE FUNCTION own_organization() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('app.organization', true), '')::uuid $$;
CREATE FUNCTION shown(name text) RETURNS bytea LANGUAGE sql STABLE AS $$ SELECT decode(nullif(current_setting(name, true), ''), 'hex') $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['organizations', 'environments', 'memberships', 'logins', 'hosts', 'invitations', 'audit', 'metrics'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
CREATE POLICY shown ON logins FOR SELECT USING (token_hash = shown('app.login'));
CREATE POLICY shown ON hosts FOR SELECT USING (public_key = shown('app.host_key'));
CREATE POLICY shown ON invitations FOR SELECT USING (secret_hash = shown('app.secret'));
CREATE POLICY own_account ON memberships FOR SELECT USING (account_id = nullif(current_setting('app.account', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON organizations, accounts, environments, memberships, logins, hosts, invitations, metrics TO fairlead_work;
GRANT SELECT, INSERT ON audit TO fairlead_work;

-- Only the owner calls it: names and bounds come from the hub's own arithmetic.
CREATE FUNCTION make_partition(parent text, name text, lower timestamptz, upper timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent, lower, upper);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
END $$;
REVOKE ALL ON FUNCTION make_partition FROM PUBLIC;
