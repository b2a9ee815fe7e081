-- Which organizations there are: what the hub does for each of them by itself begins here, and no row of any of them is shown for it.
CREATE TABLE organization_ids (
  id uuid PRIMARY KEY
);
GRANT SELECT, INSERT ON organization_ids TO fairlead_work;
CREATE FUNCTION keep_organization_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO organization_ids VALUES (NEW.organization_id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_id AFTER INSERT ON organizations FOR EACH ROW EXECUTE FUNCTION keep_organization_id();
ALTER TABLE organizations NO FORCE ROW LEVEL SECURITY;
INSERT INTO organization_ids SELECT organization_id FROM organizations;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;

-- The one key that signs for every trail of this hub (docs/decisions/0021-checkpoints.md). Sealed anew when keys are rotated; else as it was made.
CREATE TABLE audit_keys (
  id uuid PRIMARY KEY,
  public_key bytea NOT NULL,
  private_key bytea NOT NULL
);
CREATE UNIQUE INDEX audit_keys_one ON audit_keys ((true));
SELECT hold_sealed('audit_keys', 'private_key');
GRANT SELECT, INSERT ON audit_keys TO fairlead_work;
GRANT UPDATE (private_key) ON audit_keys TO fairlead_work;

-- What was signed of a trail. `piece`: the part of the tree since the one before, `frontier`: all of it so far, both as 32-byte hashes.
-- With the pieces, what came after any of them can be proved without a row: those may be archived.
CREATE TABLE audit_checkpoints (
  organization_id uuid NOT NULL REFERENCES organizations,
  size bigint NOT NULL,
  at timestamptz NOT NULL,
  before bigint NOT NULL,
  piece bytea NOT NULL,
  frontier bytea NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (organization_id, size)
);
CREATE INDEX audit_by_time ON audit (organization_id, at);

-- Rows that are in a file now: written by the owner alone, in the transaction that takes them out of the trail's table.
CREATE TABLE audit_archives (
  organization_id uuid NOT NULL REFERENCES organizations,
  to_seq bigint NOT NULL,
  from_seq bigint NOT NULL,
  file text NOT NULL,
  sha256 bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, to_seq)
);

CREATE TABLE audit_settings (
  organization_id uuid PRIMARY KEY REFERENCES organizations,
  keep_days int
);

-- Up to where a sink has the trail.
CREATE TABLE audit_sinks (
  organization_id uuid NOT NULL REFERENCES organizations,
  sink text NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (organization_id, sink)
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['audit_checkpoints', 'audit_archives', 'audit_settings', 'audit_sinks'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT ON audit_checkpoints TO fairlead_work;
GRANT SELECT ON audit_archives TO fairlead_work;
GRANT SELECT, INSERT, UPDATE ON audit_settings, audit_sinks TO fairlead_work;
