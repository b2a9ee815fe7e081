-- Whoever a directory provisioned signs in through this provider to the account that it made for them.
ALTER TABLE identity_providers ADD COLUMN provisioned boolean NOT NULL DEFAULT false;
-- An account has one subject at a provider: whoever shows another one is somebody else.
CREATE UNIQUE INDEX identities_one ON identities (organization_id, provider_id, account_id) WHERE NOT linked;
