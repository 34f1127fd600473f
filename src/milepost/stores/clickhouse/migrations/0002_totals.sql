-- Totals of 10 minutes, as the processor derived them; the highest version of a bucket counts. A
-- bucket without positions is none: a rebuilding empties what no position gives any more.
CREATE TABLE rollups (
  tenant_id UUID CODEC(ZSTD(1)),
  vehicle_id UUID CODEC(ZSTD(1)),
  device_id UUID CODEC(ZSTD(1)),
  bucket_start DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  position_count UInt32 CODEC(ZSTD(1)),
  distance_m Float64 CODEC(ZSTD(1)),
  driving_s Float64 CODEC(ZSTD(1)),
  idling_s Float64 CODEC(ZSTD(1)),
  max_speed_kmh Float64 CODEC(ZSTD(1)),
  fuel_used_l Float64 CODEC(ZSTD(1)),
  version UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY if(bucket_start >= '2000-01-01' AND bucket_start < '2100-01-01', toYYYYMM(bucket_start), 0)
ORDER BY (tenant_id, vehicle_id, device_id, bucket_start);

-- Totals of a UTC day, always recomputed from `rollups` (see queries/ingest/day_totals.sql) and
-- never added up on their own: so they cannot disagree.
CREATE TABLE day_totals (
  tenant_id UUID CODEC(ZSTD(1)),
  vehicle_id UUID CODEC(ZSTD(1)),
  device_id UUID CODEC(ZSTD(1)),
  bucket_start DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  position_count UInt64 CODEC(ZSTD(1)),
  distance_m Float64 CODEC(ZSTD(1)),
  driving_s Float64 CODEC(ZSTD(1)),
  idling_s Float64 CODEC(ZSTD(1)),
  max_speed_kmh Float64 CODEC(ZSTD(1)),
  fuel_used_l Float64 CODEC(ZSTD(1)),
  version UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY if(bucket_start >= '2000-01-01' AND bucket_start < '2100-01-01', toYear(bucket_start), 0)
ORDER BY (tenant_id, vehicle_id, device_id, bucket_start);
