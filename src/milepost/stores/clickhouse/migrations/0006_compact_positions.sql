-- Positions in less room: numbers at the resolution that trackers have, as decimals of fixed scale.
-- See docs/adr/0024.
--
-- The rows move partition by partition (see moving.py). A start that was killed goes on at the
-- next: each statement may run again. Rows that were stored before the gate may hold numbers that no report
-- can have: such a number becomes the attribute `refused:COLUMN`, as it does at the gate.
CREATE TABLE IF NOT EXISTS positions_compact (
  tenant_id UUID CODEC(ZSTD(1)),
  vehicle_id UUID CODEC(ZSTD(1)),
  device_id UUID CODEC(ZSTD(1)),
  fix_time DateTime64(3, 'UTC') CODEC(GCD, DoubleDelta, ZSTD(1)),
  received_time DateTime64(3, 'UTC') CODEC(Delta, T64, ZSTD(1)),
  driver_id UUID CODEC(ZSTD(1)),
  protocol LowCardinality(String),
  rejected LowCardinality(String),
  latitude_deg Nullable(Decimal(9, 7)) CODEC(GCD, Delta, T64('bit'), ZSTD(1)),
  longitude_deg Nullable(Decimal(10, 7)) CODEC(GCD, Delta, T64('bit'), ZSTD(1)),
  altitude_m Nullable(Decimal(9, 1)) CODEC(T64, ZSTD(1)),
  speed_kmh Nullable(Decimal(9, 2)) CODEC(T64, ZSTD(1)),
  course_deg Nullable(Decimal(9, 1)) CODEC(T64, ZSTD(1)),
  valid Bool,
  hdop Nullable(Decimal(9, 2)) CODEC(GCD, T64, ZSTD(1)),
  satellites Nullable(Int32) CODEC(T64, ZSTD(1)),
  ignition Nullable(Bool) CODEC(ZSTD(1)),
  odometer_m Nullable(Decimal(18, 1)) CODEC(GCD, Delta, T64, ZSTD(1)),
  engine_hours_h Nullable(Decimal(18, 4)) CODEC(GCD, Delta, T64, ZSTD(1)),
  fuel_level_pct Nullable(Decimal(9, 2)) CODEC(GCD, T64, ZSTD(1)),
  fuel_used_l Nullable(Decimal(18, 3)) CODEC(GCD, Delta, T64, ZSTD(1)),
  engine_rpm Nullable(Decimal(9, 3)) CODEC(GCD, T64, ZSTD(1)),
  throttle_pct Nullable(Decimal(9, 2)) CODEC(GCD, T64, ZSTD(1)),
  engine_load_pct Nullable(Decimal(9, 2)) CODEC(GCD, T64, ZSTD(1)),
  coolant_temp_c Nullable(Decimal(9, 2)) CODEC(GCD, T64, ZSTD(1)),
  engine_oil_temp_c Nullable(Decimal(9, 2)) CODEC(GCD, T64, ZSTD(1)),
  oil_pressure_kpa Nullable(Decimal(9, 2)) CODEC(GCD, T64, ZSTD(1)),
  battery_v Nullable(Decimal(9, 3)) CODEC(GCD, T64, ZSTD(1)),
  tire_pressures_kpa Array(Nullable(Float64)) CODEC(ZSTD(1)),
  brake_pedal Nullable(Bool) CODEC(ZSTD(1)),
  gear Nullable(Int32) CODEC(T64, ZSTD(1)),
  alarm LowCardinality(Nullable(String)),
  event_codes Array(LowCardinality(String)) CODEC(ZSTD(1)),
  damaged Bool,
  signals Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  -- What stands for NULL is a number that no report holds.
  fingerprint UInt32 MATERIALIZED toUInt32(cityHash64(
    ifNull(latitude_deg, 99), ifNull(longitude_deg, 999), ifNull(altitude_m, -99999),
    ifNull(speed_kmh, -1), ifNull(course_deg, -1), valid, ifNull(hdop, -1), ifNull(satellites, -1),
    ifNull(ignition::Nullable(Int8), -1), ifNull(odometer_m, -1), ifNull(engine_hours_h, -1),
    ifNull(fuel_level_pct, -1), ifNull(fuel_used_l, -1), ifNull(engine_rpm, -1),
    ifNull(throttle_pct, -1), ifNull(engine_load_pct, -1), ifNull(coolant_temp_c, -999),
    ifNull(engine_oil_temp_c, -999), ifNull(oil_pressure_kpa, -1), ifNull(battery_v, -999),
    arrayMap(x -> ifNull(x, nan), tire_pressures_kpa), ifNull(brake_pedal::Nullable(Int8), -1),
    ifNull(gear, -1000), ifNull(alarm, ''), event_codes, damaged, mapKeys(signals),
    mapValues(signals), mapKeys(attributes), mapValues(attributes)
  ) % 4294967296) CODEC(NONE),
  INDEX received received_time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(received_time)
PARTITION BY if(fix_time >= '2000-01-01' AND fix_time < '2100-01-01', toYYYYMM(fix_time), 0)
PRIMARY KEY (tenant_id, vehicle_id, device_id, fix_time)
ORDER BY (tenant_id, vehicle_id, device_id, fix_time, fingerprint)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, index_granularity = 2048;

INSERT INTO positions_compact (
  tenant_id, vehicle_id, device_id, fix_time, received_time, driver_id, protocol, rejected,
  latitude_deg, longitude_deg, altitude_m, speed_kmh, course_deg, valid, hdop, satellites,
  ignition, odometer_m, engine_hours_h, fuel_level_pct, fuel_used_l, engine_rpm, throttle_pct,
  engine_load_pct, coolant_temp_c, engine_oil_temp_c, oil_pressure_kpa, battery_v,
  tire_pressures_kpa, brake_pedal, gear, alarm, event_codes, damaged, signals, attributes
)
WITH
  (x, least_x, most_x) -> ifNull(if(x >= least_x AND x <= most_x, '', toString(x)), '') AS refused,
  (x, least_x, most_x, units) -> if(
    x >= least_x AND x <= most_x,
    toDecimal64(round(if(x >= least_x AND x <= most_x, x, 0) * units), 0),
    NULL) AS scaled
SELECT
  tenant_id,
  vehicle_id,
  device_id,
  fix_time,
  received_time,
  driver_id,
  protocol,
  rejected,
  scaled(toFloat64(latitude_deg), -90, 90, 1e7) * toDecimal64('0.0000001', 7) AS latitude_deg_,
  scaled(toFloat64(longitude_deg), -180, 180, 1e7) * toDecimal64('0.0000001', 7) AS longitude_deg_,
  scaled(toFloat64(altitude_m), -12262, 100000, 1e1) * toDecimal64('0.1', 1) AS altitude_m_,
  scaled(toFloat64(speed_kmh), 0, 2000, 1e2) * toDecimal64('0.01', 2) AS speed_kmh_,
  scaled(toFloat64(course_deg), 0, 360, 1e1) * toDecimal64('0.1', 1) AS course_deg_,
  valid,
  scaled(toFloat64(hdop), 0, 10000, 1e2) * toDecimal64('0.01', 2) AS hdop_,
  satellites,
  ignition,
  scaled(toFloat64(odometer_m), 0, 100000000000, 1e1) * toDecimal64('0.1', 1) AS odometer_m_,
  scaled(toFloat64(engine_hours_h), 0, 10000000, 1e4) * toDecimal64('0.0001', 4) AS engine_hours_h_,
  scaled(toFloat64(fuel_level_pct), 0, 150, 1e2) * toDecimal64('0.01', 2) AS fuel_level_pct_,
  scaled(toFloat64(fuel_used_l), 0, 100000000, 1e3) * toDecimal64('0.001', 3) AS fuel_used_l_,
  scaled(toFloat64(engine_rpm), 0, 100000, 1e3) * toDecimal64('0.001', 3) AS engine_rpm_,
  scaled(toFloat64(throttle_pct), 0, 150, 1e2) * toDecimal64('0.01', 2) AS throttle_pct_,
  scaled(toFloat64(engine_load_pct), 0, 250, 1e2) * toDecimal64('0.01', 2) AS engine_load_pct_,
  scaled(toFloat64(coolant_temp_c), -274, 2000, 1e2) * toDecimal64('0.01', 2) AS coolant_temp_c_,
  scaled(toFloat64(engine_oil_temp_c), -274, 2000, 1e2) * toDecimal64('0.01', 2) AS engine_oil_temp_c_,
  scaled(toFloat64(oil_pressure_kpa), 0, 100000, 1e2) * toDecimal64('0.01', 2) AS oil_pressure_kpa_,
  scaled(toFloat64(battery_v), -100, 10000, 1e3) * toDecimal64('0.001', 3) AS battery_v_,
  tire_pressures_kpa,
  brake_pedal,
  gear,
  alarm,
  event_codes,
  damaged,
  signals,
  mapUpdate(attributes, mapFilter((name, value) -> value != '', map(
    'refused:latitude_deg', refused(toFloat64(latitude_deg), -90, 90),
    'refused:longitude_deg', refused(toFloat64(longitude_deg), -180, 180),
    'refused:altitude_m', refused(toFloat64(altitude_m), -12262, 100000),
    'refused:speed_kmh', refused(toFloat64(speed_kmh), 0, 2000),
    'refused:course_deg', refused(toFloat64(course_deg), 0, 360),
    'refused:hdop', refused(toFloat64(hdop), 0, 10000),
    'refused:odometer_m', refused(toFloat64(odometer_m), 0, 100000000000),
    'refused:engine_hours_h', refused(toFloat64(engine_hours_h), 0, 10000000),
    'refused:fuel_level_pct', refused(toFloat64(fuel_level_pct), 0, 150),
    'refused:fuel_used_l', refused(toFloat64(fuel_used_l), 0, 100000000),
    'refused:engine_rpm', refused(toFloat64(engine_rpm), 0, 100000),
    'refused:throttle_pct', refused(toFloat64(throttle_pct), 0, 150),
    'refused:engine_load_pct', refused(toFloat64(engine_load_pct), 0, 250),
    'refused:coolant_temp_c', refused(toFloat64(coolant_temp_c), -274, 2000),
    'refused:engine_oil_temp_c', refused(toFloat64(engine_oil_temp_c), -274, 2000),
    'refused:oil_pressure_kpa', refused(toFloat64(oil_pressure_kpa), 0, 100000),
    'refused:battery_v', refused(toFloat64(battery_v), -100, 10000)
  ))) AS attributes_
FROM positions
WHERE _partition_id = {partition_id:String};

DROP TABLE IF EXISTS positions;

RENAME TABLE positions_compact TO positions;
