-- Which of several hubs with one key acts: the one whose epoch is the latest (docs/decisions/0023-epochs.md). `token` is what hosts are shown
-- and keep, signed with the hub's key; empty: it was never confirmed after a restore, and hosts that keep none take it. `hold`: why nothing
-- may be changed on hosts now; `seen`: the latest epoch that a host showed.
CREATE TABLE hub_epoch (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  number bigint NOT NULL DEFAULT 0,
  token text NOT NULL DEFAULT '',
  hold text NOT NULL DEFAULT '' CHECK (hold IN ('', 'restored', 'set back', 'superseded')),
  held_at timestamptz,
  backup_at timestamptz,
  seen bigint NOT NULL DEFAULT 0
);
INSERT INTO hub_epoch DEFAULT VALUES;
GRANT SELECT, UPDATE ON hub_epoch TO fairlead_work;

-- The last backups that this hub made, or tried to.
CREATE TABLE hub_backups (
  at timestamptz PRIMARY KEY DEFAULT now(),
  place text NOT NULL,
  bytes bigint NOT NULL,
  failure text NOT NULL DEFAULT ''
);
GRANT SELECT, INSERT, DELETE ON hub_backups TO fairlead_work;
