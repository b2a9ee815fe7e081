-- By what people prove who they are, beside a password. All of it belongs to an account, not to an organization, and shows itself to
-- `app.account` alone; a passkey also to whoever names it exactly, its owner is not known before. Not so totp: its secrets are sealed,
-- and whoever seals them anew under another key goes through all of them.

-- optional, admins, everyone: who must have a second factor.
ALTER TABLE organizations ADD COLUMN second_factor text NOT NULL DEFAULT 'optional';

-- `id` names a login to its owner: the digest of its token is for the hub alone. `factor`: by what it was proved last, at `proven_at`.
ALTER TABLE logins ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE logins ADD COLUMN factor text NOT NULL DEFAULT 'password';
ALTER TABLE logins ADD COLUMN proven_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE logins ADD COLUMN ip text NOT NULL DEFAULT '';
ALTER TABLE logins ADD COLUMN user_agent text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX logins_id ON logins (organization_id, id);
CREATE INDEX logins_account ON logins (organization_id, account_id);

-- `secret` is sealed. `last_step`: the last 30 s whose code was taken; no code is taken twice, none from before it.
CREATE TABLE totp (
  account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
  secret bytea NOT NULL,
  last_step bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE recovery_codes (
  account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  code_hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, code_hash)
);

CREATE TABLE passkeys (
  account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  credential_id bytea NOT NULL,
  public_key bytea NOT NULL,
  counter bigint NOT NULL,
  transports text[] NOT NULL DEFAULT '{}',
  name text NOT NULL,
  synced boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz,
  PRIMARY KEY (account_id, credential_id)
);
CREATE UNIQUE INDEX passkeys_credential ON passkeys (credential_id);

-- Browsers that somebody signed in from. Found by the digest of a cookie that outlives the login.
CREATE TABLE devices (
  account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  token_hash bytea NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, token_hash)
);

-- What an account is told about itself: a new device, a factor that came or went.
CREATE TABLE account_notices (
  account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  kind text NOT NULL,
  ip text NOT NULL,
  user_agent text NOT NULL,
  PRIMARY KEY (account_id, id)
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['recovery_codes', 'passkeys', 'devices', 'account_notices'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own_account ON %I USING (account_id = nullif(current_setting(''app.account'', true), '''')::uuid)
      WITH CHECK (account_id = nullif(current_setting(''app.account'', true), '''')::uuid)', t);
  END LOOP;
END $$;
CREATE POLICY shown ON passkeys FOR SELECT USING (credential_id = shown('app.secret'));

GRANT SELECT, INSERT, UPDATE, DELETE ON totp, recovery_codes, passkeys, devices, account_notices TO fairlead_work;
