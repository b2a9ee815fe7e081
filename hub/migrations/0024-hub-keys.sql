-- Which key of the hub a host has pinned: who did not come since the hub went on with another one is behind. NULL: its agent follows to no
-- other key, or never came with one that does (docs/decisions/0036-hub-keys.md).
ALTER TABLE hosts ADD COLUMN hub_key bigint;
