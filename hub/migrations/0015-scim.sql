-- Accounts that nobody signs in to: only tokens act for them. And people whom somebody's own directory makes, changes and lets go.

-- Neither a service nor whom a directory made has an e-mail by which it is found (0014).
ALTER TABLE accounts ADD COLUMN kind text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'service'));
-- false: whoever it is keeps roles and teams, and may use none of them.
ALTER TABLE memberships ADD COLUMN active boolean NOT NULL DEFAULT true;

-- `provisioner`: the service account that made somebody, and alone may change them over SCIM; null: it is gone. `document`: what was
-- said of the person, as it was said. `version` rises with each change.
CREATE TABLE scim_users (
  organization_id uuid NOT NULL REFERENCES organizations,
  account_id uuid NOT NULL,
  provisioner uuid,
  user_name text NOT NULL,
  external_id text,
  document jsonb NOT NULL,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, account_id),
  FOREIGN KEY (organization_id, account_id) REFERENCES memberships (organization_id, account_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, provisioner) REFERENCES memberships (organization_id, account_id) ON DELETE SET NULL (provisioner)
);
CREATE UNIQUE INDEX scim_users_name ON scim_users (organization_id, provisioner, lower(user_name));
CREATE INDEX scim_users_external ON scim_users (organization_id, provisioner, external_id);

CREATE TABLE scim_groups (
  organization_id uuid NOT NULL REFERENCES organizations,
  team_id uuid NOT NULL,
  provisioner uuid,
  external_id text,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, team_id),
  FOREIGN KEY (organization_id, team_id) REFERENCES teams (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, provisioner) REFERENCES memberships (organization_id, account_id) ON DELETE SET NULL (provisioner)
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['scim_users', 'scim_groups'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON scim_users, scim_groups TO fairlead_work;
