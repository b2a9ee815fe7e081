-- Who may do what, and where. A membership only says that an account belongs to the organization; grants say the rest.

CREATE TABLE teams (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX teams_name ON teams (organization_id, lower(name));

CREATE TABLE team_members (
  organization_id uuid NOT NULL,
  team_id uuid NOT NULL,
  account_id uuid NOT NULL,
  PRIMARY KEY (organization_id, team_id, account_id),
  FOREIGN KEY (organization_id, team_id) REFERENCES teams (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, account_id) REFERENCES memberships (organization_id, account_id) ON DELETE CASCADE
);
CREATE INDEX team_members_account ON team_members (organization_id, account_id);

-- Roles that an organization made itself; the built-in ones are in the hub's source.
CREATE TABLE roles (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  permissions text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX roles_name ON roles (organization_id, lower(name));

CREATE TABLE grants (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  account_id uuid,
  team_id uuid,
  built_in text,
  role_id uuid,
  effect text NOT NULL CHECK (effect IN ('allow', 'deny')),
  environment_id uuid,
  host_id uuid,
  tag text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, account_id) REFERENCES memberships (organization_id, account_id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, team_id) REFERENCES teams (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id),
  FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, id) ON DELETE CASCADE,
  CHECK (num_nonnulls(account_id, team_id) = 1),
  CHECK (num_nonnulls(built_in, role_id) = 1),
  CHECK (num_nonnulls(environment_id, host_id, tag) <= 1)
);
-- The same grant twice would have to be taken back twice.
CREATE UNIQUE INDEX grants_same ON grants (organization_id, coalesce(account_id, team_id), coalesce(built_in, role_id::text), effect,
  coalesce(environment_id::text, host_id::text, tag, ''));

-- The secret of an invitation's link is nowhere: it is found by its digest.
CREATE TABLE account_invitations (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  secret_hash bytea NOT NULL,
  email text NOT NULL,
  role text NOT NULL,
  reach jsonb NOT NULL,
  invited_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, invited_by) REFERENCES memberships (organization_id, account_id) ON DELETE CASCADE
);
CREATE INDEX account_invitations_secret ON account_invitations (secret_hash);
CREATE UNIQUE INDEX environments_name ON environments (organization_id, lower(name));

ALTER TABLE memberships NO FORCE ROW LEVEL SECURITY;
INSERT INTO grants (organization_id, id, account_id, built_in, effect)
  SELECT organization_id, gen_random_uuid(), account_id, role, 'allow' FROM memberships;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
ALTER TABLE memberships DROP COLUMN role;
ALTER TABLE memberships ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['teams', 'team_members', 'roles', 'grants', 'account_invitations'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON teams, team_members, roles, grants, account_invitations TO fairlead_work;
CREATE POLICY shown ON account_invitations FOR SELECT USING (secret_hash = shown('app.secret'));
