-- A secret of an organization, or of one of its environments. Each write is a new version; the last ten are kept.
CREATE TABLE secrets (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  environment_id uuid,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id)
);
CREATE UNIQUE INDEX secrets_name ON secrets (organization_id, name, environment_id) NULLS NOT DISTINCT;

-- `id` and not `n` is in the place that a value is sealed for: it is known before the row is.
CREATE TABLE secret_versions (
  organization_id uuid NOT NULL,
  secret_id uuid NOT NULL,
  id uuid NOT NULL,
  n int NOT NULL,
  value bytea NOT NULL,
  account_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, secret_id, id),
  FOREIGN KEY (organization_id, secret_id) REFERENCES secrets (organization_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX secret_versions_n ON secret_versions (organization_id, secret_id, n);
SELECT hold_sealed('secret_versions', 'value');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['secrets', 'secret_versions'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON secrets, secret_versions TO fairlead_work;
