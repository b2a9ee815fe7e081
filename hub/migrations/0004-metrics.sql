-- One row for all figures of a subject at a time, in the order of their names; sums and counts, so that a point that comes late, out of
-- order, or in another batch makes the same average as if it had come in time. Figures of the earlier form are not kept.
DROP TABLE metrics;

CREATE TABLE metrics (
  organization_id uuid NOT NULL,
  step int NOT NULL,
  host_id uuid NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  at timestamptz NOT NULL,
  -- How many samples had the figure; 0 with a sum of 0 and no maximum where none had.
  counts int[] NOT NULL,
  sums double precision[] NOT NULL,
  maxima double precision[] NOT NULL,
  PRIMARY KEY (organization_id, step, host_id, kind, subject, at)
) PARTITION BY LIST (step);
CREATE TABLE metrics_10s PARTITION OF metrics FOR VALUES IN (10) PARTITION BY RANGE (at);
CREATE TABLE metrics_1m PARTITION OF metrics FOR VALUES IN (60) PARTITION BY RANGE (at);
CREATE TABLE metrics_15m PARTITION OF metrics FOR VALUES IN (900) PARTITION BY RANGE (at);

-- Up to where each boot of a host's agent was counted, written with the figures: a sample that comes twice counts once.
CREATE TABLE metric_positions (
  organization_id uuid NOT NULL,
  host_id uuid NOT NULL,
  boot_id text NOT NULL,
  seq bigint NOT NULL,
  -- Rising: the highest is the boot that was heard last.
  place bigint NOT NULL,
  PRIMARY KEY (organization_id, host_id, boot_id)
);

-- The longer of two lists says how long: a newer agent measures more.
CREATE FUNCTION metric_counts(a int[], b int[]) RETURNS int[] LANGUAGE sql IMMUTABLE AS
  $$ SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY n) FROM unnest(a, b) WITH ORDINALITY AS both_of(x, y, n) $$;
CREATE FUNCTION metric_sums(a double precision[], b double precision[]) RETURNS double precision[] LANGUAGE sql IMMUTABLE AS
  $$ SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY n) FROM unnest(a, b) WITH ORDINALITY AS both_of(x, y, n) $$;
CREATE FUNCTION metric_maxima(a double precision[], b double precision[]) RETURNS double precision[] LANGUAGE sql IMMUTABLE AS
  $$ SELECT array_agg(greatest(x, y) ORDER BY n) FROM unnest(a, b) WITH ORDINALITY AS both_of(x, y, n) $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['metrics', 'metrics_10s', 'metrics_1m', 'metrics_15m', 'metric_positions'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['metrics', 'metric_positions'] LOOP
    EXECUTE format('CREATE POLICY own ON %I USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON metrics, metric_positions TO fairlead_work;

-- Rows are updated while their stretch of time lasts: room beside them keeps that in the same page.
CREATE OR REPLACE FUNCTION make_partition(parent text, name text, lower timestamptz, upper timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 80)', name, parent, lower, upper);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
END $$;
