-- One vehicle's positions as the JSON objects of the API's `PositionView`, each after a comma; what
-- was not measured is absent. A test holds the names equal to those of `PositionView`.
-- The rows are those of vehicle_positions.sql.
SELECT
  fix_time,
  device_id,
  fingerprint,
  concat(
    ',',
    substring(toJSONString(tuple(
      device_id AS deviceId,
      nullIf(vehicle_id, toUUID('00000000-0000-0000-0000-000000000000')) AS vehicleId,
      nullIf(driver_id, toUUID('00000000-0000-0000-0000-000000000000')) AS driverId,
      if(toUnixTimestamp64Milli(fix_time) % 1000 = 0,
        formatDateTime(fix_time, '%Y-%m-%dT%H:%i:%SZ'),
        formatDateTime(fix_time, '%Y-%m-%dT%H:%i:%S.%fZ')) AS fixTime,
      if(toUnixTimestamp64Milli(received_time) % 1000 = 0,
        formatDateTime(received_time, '%Y-%m-%dT%H:%i:%SZ'),
        formatDateTime(received_time, '%Y-%m-%dT%H:%i:%S.%fZ')) AS receivedTime,
      latitude_deg AS latitudeDeg,
      longitude_deg AS longitudeDeg,
      altitude_m AS altitudeM,
      speed_kmh AS speedKmh,
      course_deg AS courseDeg,
      valid AS valid,
      hdop AS hdop,
      satellites AS satellites,
      ignition AS ignition,
      odometer_m AS odometerM,
      engine_hours_h AS engineHoursH,
      fuel_level_pct AS fuelLevelPct,
      fuel_used_l AS fuelUsedL,
      engine_rpm AS engineRpm,
      throttle_pct AS throttlePct,
      engine_load_pct AS engineLoadPct,
      coolant_temp_c AS coolantTempC,
      engine_oil_temp_c AS engineOilTempC,
      oil_pressure_kpa AS oilPressureKpa,
      battery_v AS batteryV,
      brake_pedal AS brakePedal,
      gear AS gear,
      alarm AS alarm,
      nullIf(damaged, false) AS damaged
    )), 1, -1),
    if(
      empty(tire_pressures_kpa) AND empty(event_codes) AND empty(signals) AND empty(attributes),
      '}',
      concat(
        if(empty(tire_pressures_kpa), '',
          concat(',"tirePressuresKpa":', toJSONString(tire_pressures_kpa))),
        if(empty(event_codes), '', concat(',"eventCodes":', toJSONString(event_codes))),
        if(empty(signals), '', concat(',"signals":', toJSONString(signals))),
        if(empty(attributes), '', concat(',"attributes":', toJSONString(attributes))),
        '}'))
  ) AS object
FROM positions
WHERE tenant_id = {tenant_id:UUID}
  AND vehicle_id = {vehicle_id:UUID}
  AND fix_time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
  AND fix_time < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
  AND (1 = {all_times:UInt8} OR arrayExists(
    (from_ms, to_ms) -> toUnixTimestamp64Milli(fix_time) >= from_ms
      AND toUnixTimestamp64Milli(fix_time) < to_ms,
    {spans_from_ms:Array(Int64)}, {spans_to_ms:Array(Int64)}))
  AND rejected = ''
  AND (fix_time, device_id, fingerprint)
    > (fromUnixTimestamp64Milli({after_fix_time_ms:Int64}, 'UTC'), {after_device_id:UUID},
       {after_fingerprint:UInt32})
ORDER BY fix_time, device_id, fingerprint
LIMIT 1 BY fix_time, device_id, fingerprint
LIMIT {limit:UInt32}
SETTINGS
  enable_named_columns_in_function_tuple = 1,
  output_format_json_skip_null_value_in_named_tuples = 1,
  output_format_json_escape_forward_slashes = 0,
  output_format_json_quote_64bit_integers = 0
