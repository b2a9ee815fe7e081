-- A name stands for a host wherever an id does: no two that are enrolled may share one. Revoked hosts let theirs go.
CREATE UNIQUE INDEX hosts_name ON hosts (organization_id, name) WHERE revoked_at IS NULL;
