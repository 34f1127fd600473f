-- What each vehicle is doing now: kept, because asking the history for it is slow.
CREATE TABLE last_states (
  tenant_id UUID,
  vehicle_id UUID,
  device_id UUID,
  fleet_id Nullable(UUID),
  state LowCardinality(String),
  state_since DateTime64(3, 'UTC'),
  fix_time DateTime64(3, 'UTC'),
  received_time Nullable(DateTime64(3, 'UTC')),
  latitude_deg Nullable(Float64),
  longitude_deg Nullable(Float64),
  speed_kmh Nullable(Float64),
  course_deg Nullable(Float64),
  altitude_m Nullable(Float64),
  ignition Nullable(Bool),
  odometer_m Nullable(Float64),
  fuel_level_pct Nullable(Float64),
  engine_rpm Nullable(Float64),
  coolant_temp_c Nullable(Float64),
  battery_v Nullable(Float64),
  driver_id Nullable(UUID),
  alarm Nullable(String),
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, vehicle_id);
