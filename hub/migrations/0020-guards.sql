-- A provider leads to the people of one directory: those that this service account made. Null: to nobody's. A provider that was set to lead
-- to all of them before is set anew (docs/decisions/0026-what-directories-say.md).
ALTER TABLE identity_providers DROP COLUMN provisioned;
ALTER TABLE identity_providers ADD COLUMN provisioner uuid;
ALTER TABLE identity_providers ADD FOREIGN KEY (organization_id, provisioner) REFERENCES memberships (organization_id, account_id)
  ON DELETE SET NULL (provisioner);

-- For how many hours after somebody came through it last what it said of them counts.
ALTER TABLE identity_providers ADD COLUMN heard_hours int NOT NULL DEFAULT 24 CHECK (heard_hours BETWEEN 1 AND 720);

-- Which names are alike is judged by the hub alone (hub/src/base/names.ts), one at a time: lower() knows the letters of its locale.
DROP INDEX teams_name;
DROP INDEX roles_name;
DROP INDEX environments_name;
DROP INDEX identity_providers_name;

-- `name_key`: user_name as the hub folds it. Of rows that are there, as the database does, until they are written again.
ALTER TABLE scim_users ADD COLUMN name_key text;
ALTER TABLE scim_users NO FORCE ROW LEVEL SECURITY;
UPDATE scim_users SET name_key = lower(user_name);
ALTER TABLE scim_users FORCE ROW LEVEL SECURITY;
ALTER TABLE scim_users ALTER COLUMN name_key SET NOT NULL;
DROP INDEX scim_users_name;
CREATE UNIQUE INDEX scim_users_name ON scim_users (organization_id, provisioner, name_key);
