-- A table of one resolution is reached through `metrics` alone, whose rule holds; named by itself it shows nothing, should it ever be granted.
ALTER TABLE metrics_10s ENABLE ROW LEVEL SECURITY;
ALTER TABLE metrics_10s FORCE ROW LEVEL SECURITY;
ALTER TABLE metrics_1m ENABLE ROW LEVEL SECURITY;
ALTER TABLE metrics_1m FORCE ROW LEVEL SECURITY;
ALTER TABLE metrics_15m ENABLE ROW LEVEL SECURITY;
ALTER TABLE metrics_15m FORCE ROW LEVEL SECURITY;
