-- What hosts do by themselves: set for an environment, or for one host, whose rules stand before its environment's. As
-- protocol/src/features/rules.ts has them.
CREATE TABLE environment_rules (
  organization_id uuid NOT NULL,
  environment_id uuid NOT NULL,
  rules jsonb NOT NULL,
  PRIMARY KEY (organization_id, environment_id),
  FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id) ON DELETE CASCADE
);
CREATE TABLE host_rules (
  organization_id uuid NOT NULL,
  host_id uuid NOT NULL,
  rules jsonb NOT NULL,
  PRIMARY KEY (organization_id, host_id),
  FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, id) ON DELETE CASCADE
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['environment_rules', 'host_rules'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON environment_rules, host_rules TO fairlead_work;
