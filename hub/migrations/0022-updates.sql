-- A release on its way to the hosts of an organization, of an environment, or to one host. `stage` is the one that is under way, from 0;
-- the next one begins no earlier than `not_before`.
CREATE TABLE update_waves (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  version text NOT NULL,
  counter bigint NOT NULL,
  environment_id uuid,
  tag text NOT NULL DEFAULT '',
  host_id uuid,
  pause_minutes int NOT NULL CHECK (pause_minutes BETWEEN 0 AND 10080),
  state text NOT NULL CHECK (state IN ('waiting', 'running', 'paused', 'halted', 'done', 'stopped')),
  stage int NOT NULL DEFAULT 0,
  not_before timestamptz,
  why text NOT NULL DEFAULT '',
  made_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, id) ON DELETE CASCADE
);

-- `place` is the host's in the order of its wave. `started_at`: when it was told to start what it was sent.
CREATE TABLE update_hosts (
  organization_id uuid NOT NULL,
  wave_id uuid NOT NULL,
  host_id uuid NOT NULL,
  place int NOT NULL,
  stage int NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'sending', 'starting', 'done', 'failed', 'skipped', 'left', 'dropped')),
  reason text NOT NULL DEFAULT '',
  said text NOT NULL DEFAULT '',
  from_version text NOT NULL DEFAULT '',
  started_at timestamptz,
  PRIMARY KEY (organization_id, wave_id, host_id),
  FOREIGN KEY (organization_id, wave_id) REFERENCES update_waves (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, id) ON DELETE CASCADE
);
-- No host is in two waves at once.
CREATE UNIQUE INDEX update_hosts_one ON update_hosts (organization_id, host_id) WHERE state IN ('waiting', 'sending', 'starting');

-- When hosts of an environment may be given another agent; none: at any time. Minutes of the day in `zone`; `days` from 1, Monday.
CREATE TABLE update_windows (
  organization_id uuid NOT NULL,
  environment_id uuid NOT NULL,
  days int[] NOT NULL,
  from_minute int NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
  to_minute int NOT NULL CHECK (to_minute BETWEEN 0 AND 1439),
  zone text NOT NULL,
  PRIMARY KEY (organization_id, environment_id),
  FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id) ON DELETE CASCADE
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['update_waves', 'update_hosts', 'update_windows'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON update_waves, update_hosts, update_windows TO fairlead_work;
