-- Who runs the hub itself, beside what they may do in any organization: whoever set it up.
ALTER TABLE accounts ADD COLUMN runs_hub boolean NOT NULL DEFAULT false;
UPDATE accounts SET runs_hub = true WHERE id = (SELECT id FROM accounts ORDER BY created_at LIMIT 1);
