-- Up to where the trail has what was done on a host past its hub: of its journal, which is another one after a new installation.
CREATE TABLE host_journals (
  organization_id uuid NOT NULL,
  host_id uuid NOT NULL,
  chain text NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (organization_id, host_id),
  FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, id) ON DELETE CASCADE
);
ALTER TABLE host_journals ENABLE ROW LEVEL SECURITY;
ALTER TABLE host_journals FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON host_journals USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization());
GRANT SELECT, INSERT, UPDATE ON host_journals TO fairlead_work;
