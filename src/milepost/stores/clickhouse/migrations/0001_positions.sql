-- Every report of every device, as it came: the durable truth that all else is derived from.
--
-- The same report sent twice is one row: merges keep the one received last. Two different reports
-- of one instant are two rows, which `fingerprint` tells apart; only contents count for it.
-- Ids are the nil UUID, and `rejected` is empty, where there is none. The partition of an absurd
-- time is 0, so that a device with a broken clock cannot make thousands of them.
CREATE TABLE positions (
  tenant_id UUID CODEC(ZSTD(1)),
  vehicle_id UUID CODEC(ZSTD(1)),
  device_id UUID CODEC(ZSTD(1)),
  fix_time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  received_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  driver_id UUID CODEC(ZSTD(1)),
  protocol LowCardinality(String),
  rejected LowCardinality(String),
  latitude_deg Nullable(Float64) CODEC(ZSTD(1)),
  longitude_deg Nullable(Float64) CODEC(ZSTD(1)),
  altitude_m Nullable(Float64) CODEC(ZSTD(1)),
  speed_kmh Nullable(Float64) CODEC(ZSTD(1)),
  course_deg Nullable(Float64) CODEC(ZSTD(1)),
  valid Bool,
  hdop Nullable(Float64) CODEC(ZSTD(1)),
  satellites Nullable(Int32) CODEC(ZSTD(1)),
  ignition Nullable(Bool) CODEC(ZSTD(1)),
  odometer_m Nullable(Float64) CODEC(ZSTD(1)),
  engine_hours_h Nullable(Float64) CODEC(ZSTD(1)),
  fuel_level_pct Nullable(Float64) CODEC(ZSTD(1)),
  fuel_used_l Nullable(Float64) CODEC(ZSTD(1)),
  engine_rpm Nullable(Float64) CODEC(ZSTD(1)),
  throttle_pct Nullable(Float64) CODEC(ZSTD(1)),
  engine_load_pct Nullable(Float64) CODEC(ZSTD(1)),
  coolant_temp_c Nullable(Float64) CODEC(ZSTD(1)),
  engine_oil_temp_c Nullable(Float64) CODEC(ZSTD(1)),
  oil_pressure_kpa Nullable(Float64) CODEC(ZSTD(1)),
  battery_v Nullable(Float64) CODEC(ZSTD(1)),
  tire_pressures_kpa Array(Nullable(Float64)) CODEC(ZSTD(1)),
  brake_pedal Nullable(Bool) CODEC(ZSTD(1)),
  gear Nullable(Int32) CODEC(ZSTD(1)),
  alarm LowCardinality(Nullable(String)),
  event_codes Array(LowCardinality(String)) CODEC(ZSTD(1)),
  damaged Bool,
  signals Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  -- NaN and -1 stand for NULL, which the hash does not take; no report holds either.
  fingerprint UInt32 MATERIALIZED toUInt32(cityHash64(
    ifNull(latitude_deg, nan), ifNull(longitude_deg, nan), ifNull(altitude_m, nan),
    ifNull(speed_kmh, nan), ifNull(course_deg, nan), valid, ifNull(hdop, nan),
    ifNull(satellites, -1), ifNull(ignition::Nullable(Int8), -1), ifNull(odometer_m, nan),
    ifNull(engine_hours_h, nan), ifNull(fuel_level_pct, nan), ifNull(fuel_used_l, nan),
    ifNull(engine_rpm, nan), ifNull(throttle_pct, nan), ifNull(engine_load_pct, nan),
    ifNull(coolant_temp_c, nan), ifNull(engine_oil_temp_c, nan), ifNull(oil_pressure_kpa, nan),
    ifNull(battery_v, nan), arrayMap(x -> ifNull(x, nan), tire_pressures_kpa),
    ifNull(brake_pedal::Nullable(Int8), -1), ifNull(gear, -1000), ifNull(alarm, ''),
    event_codes, damaged, mapKeys(signals), mapValues(signals), mapKeys(attributes),
    mapValues(attributes)
  ) % 4294967296) CODEC(NONE),
  INDEX received received_time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(received_time)
PARTITION BY if(fix_time >= '2000-01-01' AND fix_time < '2100-01-01', toYYYYMM(fix_time), 0)
ORDER BY (tenant_id, vehicle_id, device_id, fix_time, fingerprint)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 2048;
