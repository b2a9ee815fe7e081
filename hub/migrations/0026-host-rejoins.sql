-- A line for a host that is here already: whoever shows it takes the place of that host, under a key of its own
-- (docs/decisions/0041-keys-that-end.md).
ALTER TABLE invitations ADD COLUMN rejoins uuid;

-- Keys that hosts had before: told that they are over, and never taken again.
CREATE TABLE replaced_keys (
  organization_id uuid NOT NULL,
  public_key bytea NOT NULL,
  host_id uuid NOT NULL,
  replaced_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, public_key),
  FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX replaced_keys_by_key ON replaced_keys (public_key);
ALTER TABLE replaced_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE replaced_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON replaced_keys USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization());
CREATE POLICY shown ON replaced_keys FOR SELECT USING (
  public_key = ANY (ARRAY(SELECT decode(hex, 'hex') FROM unnest(string_to_array(current_setting('app.host_key', true), ',')) AS hex)));
GRANT SELECT, INSERT ON replaced_keys TO fairlead_work;
