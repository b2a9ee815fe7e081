-- A host's key alone does not tell a copy of its disk from the host: with each login it is handed a new generation to keep.
ALTER TABLE hosts ADD COLUMN quarantined_at timestamptz;

-- `current` is what the host is known to keep, `issued` what it was handed last and may keep by now. Apart from hosts: written with
-- every login, a row of it is small.
CREATE TABLE generations (
  organization_id uuid NOT NULL,
  host_id uuid NOT NULL,
  n bigint NOT NULL,
  current text,
  issued text NOT NULL,
  PRIMARY KEY (organization_id, host_id),
  FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, id) ON DELETE CASCADE
) WITH (fillfactor = 60);
ALTER TABLE generations ENABLE ROW LEVEL SECURITY;
ALTER TABLE generations FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON generations USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization());
GRANT SELECT, INSERT, UPDATE, DELETE ON generations TO fairlead_work;
