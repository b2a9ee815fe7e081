-- Values that nobody with a copy of the database may read are sealed under data keys, which are sealed under a key encryption key that
-- is not in the database (docs/decisions/0015-seal.md).

-- The one key encryption key, by its fingerprint; `salt` where it is derived of a passphrase. Of no organization: it is the hub's.
CREATE TABLE keks (
  id bytea PRIMARY KEY,
  salt bytea,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A key whose `retired_at` is empty seals; the others only open, until nothing is left under them. `sealed` counts what was sealed, and
-- what may be until `leased_until`: a hub takes leave to seal for a while at once. `emptied_at`: since when nothing was found under it;
-- somebody may still be about to open what was read before.
CREATE TABLE data_keys (
  organization_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  kek bytea NOT NULL REFERENCES keks,
  wrapped bytea NOT NULL,
  sealed bigint NOT NULL DEFAULT 0,
  leased_until timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  emptied_at timestamptz,
  PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX data_keys_sealing ON data_keys (organization_id) WHERE retired_at IS NULL;
CREATE INDEX data_keys_by_kek ON data_keys (kek);
ALTER TABLE data_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON data_keys USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization());
-- Whoever seals all keys anew must find them: by the fingerprint of the key that they are sealed under.
CREATE POLICY shown ON data_keys FOR SELECT USING (kek = shown('app.kek'));

-- The same for what belongs to no organization: accounts, which may belong to several.
CREATE TABLE hub_keys (
  id uuid PRIMARY KEY,
  kek bytea NOT NULL REFERENCES keks,
  wrapped bytea NOT NULL,
  sealed bigint NOT NULL DEFAULT 0,
  leased_until timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  emptied_at timestamptz
);
CREATE UNIQUE INDEX hub_keys_sealing ON hub_keys ((retired_at IS NULL)) WHERE retired_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON keks, data_keys, hub_keys TO fairlead_work;

-- The id of the data key in a sealed value: `v1 | id | nonce | ciphertext | tag`. What is too short for one is no sealed value, and fails.
CREATE FUNCTION sealed_key(sealed bytea) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT encode(substring(sealed FROM 2 FOR 16), 'hex')::uuid $$;

-- For migrations: has the database itself hold that a column of sealed values names keys that exist, of its own organization, and that no
-- key goes while something is under it. Its index is by the start of
-- a value, the key and a random number, in whose order a rotation goes.
CREATE FUNCTION hold_sealed(held text, col text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE own boolean := EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = held::regclass AND attname = 'organization_id');
BEGIN
  EXECUTE format('ALTER TABLE %I ADD COLUMN %I uuid GENERATED ALWAYS AS (sealed_key(%I)) STORED', held, col || '_key', col);
  IF own THEN
    EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (organization_id, %I) REFERENCES data_keys (organization_id, id)', held, col || '_key');
    EXECUTE format('CREATE INDEX ON %I (organization_id, substring(%I FROM 1 FOR 29))', held, col);
  ELSE
    EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (%I) REFERENCES hub_keys (id)', held, col || '_key');
    EXECUTE format('CREATE INDEX ON %I (substring(%I FROM 1 FOR 29))', held, col);
  END IF;
END $$;
REVOKE ALL ON FUNCTION hold_sealed FROM PUBLIC;
