-- For scripts: found by the digest of the whole token, which is nowhere. Always expires.
CREATE TABLE tokens (
  organization_id uuid NOT NULL REFERENCES organizations,
  id text NOT NULL,
  account_id uuid NOT NULL,
  name text NOT NULL,
  token_hash bytea NOT NULL,
  scopes text[] NOT NULL,
  addresses text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  used_ip text NOT NULL DEFAULT '',
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, account_id) REFERENCES memberships (organization_id, account_id) ON DELETE CASCADE
);
CREATE INDEX tokens_hash ON tokens (token_hash);
ALTER TABLE tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON tokens USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization());
CREATE POLICY shown ON tokens FOR SELECT USING (token_hash = shown('app.secret'));
GRANT SELECT, INSERT, UPDATE, DELETE ON tokens TO fairlead_work;
