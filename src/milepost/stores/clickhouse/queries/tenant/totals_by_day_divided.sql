-- As `totals_by_day`, but cuts go through ten minutes (`divided_ms` are their beginnings). These are
-- divided by the positions in them: what a total counts goes to both sides in the proportion in
-- which the legs between the fixes of that device have it, a leg where its later fix is. The parts
-- add up to what was divided. Without positions the ten minutes go to where they begin.
-- Sums are of whole millionths, which have no order; see ingest/day_totals.sql.
WITH
  (x -> toInt256(round(if(isFinite(x), least(greatest(x, -1e60), 1e60), 0) * 1e6))) AS millionths,
  {cuts_ms:Array(Int64)} AS cuts,
  {divided_ms:Array(Int64)} AS divided,
  held AS (
    SELECT
      vehicle_id, device_id, toInt64(toUnixTimestamp(bucket_start)) * 1000 AS bucket_ms,
      position_count AS reports, distance_m AS way_m, driving_s AS driven_s, idling_s AS idled_s,
      max_speed_kmh AS fastest_kmh, fuel_used_l AS used_l
    FROM rollups FINAL
    WHERE tenant_id = {tenant_id:UUID}
      AND vehicle_id IN {vehicle_ids:Array(UUID)}
      AND bucket_start >= toDateTime({from_s:Int64}, 'UTC')
      AND bucket_start < toDateTime({to_s:Int64}, 'UTC')
      AND position_count > 0
      AND (1 = {all_times:UInt8} OR arrayExists(
        (from_s, to_s) -> toInt64(toUnixTimestamp(bucket_start)) >= from_s
          AND toInt64(toUnixTimestamp(bucket_start)) + 600 <= to_s,
        {spans_from_s:Array(Int64)}, {spans_to_s:Array(Int64)}))
  ),
  reports AS (
    SELECT
      vehicle_id, device_id, toUnixTimestamp64Milli(fix_time) AS fix_ms, fingerprint,
      valid AND latitude_deg IS NOT NULL AND longitude_deg IS NOT NULL AS placed,
      radians(toFloat64(ifNull(latitude_deg, 0))) AS lat, radians(toFloat64(ifNull(longitude_deg, 0))) AS lng,
      toFloat64(ifNull(speed_kmh, 0)) AS kmh, ifNull(ignition, true) AS running,
      fuel_used_l IS NOT NULL AS metered, toFloat64(ifNull(fuel_used_l, 0)) AS meter_l
    FROM positions
    PREWHERE tenant_id = {tenant_id:UUID}
      AND vehicle_id IN {vehicle_ids:Array(UUID)}
      AND fix_time >= fromUnixTimestamp64Milli({first_read_ms:Int64}, 'UTC')
      AND fix_time < fromUnixTimestamp64Milli({last_divided_ms:Int64} + 600000, 'UTC')
      AND intDiv(toUnixTimestamp64Milli(fix_time), 600000) IN {read_buckets:Array(Int64)}
    WHERE rejected = ''
    ORDER BY vehicle_id, device_id, fix_ms, fingerprint
    LIMIT 1 BY vehicle_id, device_id, fix_ms, fingerprint
  ),
  legs AS (
    SELECT
      vehicle_id, device_id, fix_ms, kmh, running, placed,
      row_number() OVER fixes > 1 AND placed AS is_leg,
      (fix_ms - lagInFrame(fix_ms, 1, fix_ms) OVER fixes) / 1000 AS leg_s,
      lat - lagInFrame(lat, 1, lat) OVER fixes AS north,
      lng - lagInFrame(lng, 1, lng) OVER fixes AS east,
      cos(lat) * cos(lat - north) AS narrowing,
      12742017.6 * asin(sqrt(least(1, pow(sin(north / 2), 2) + narrowing * pow(sin(east / 2), 2)))) AS leg_m,
      greatest(0, meter_l - lagInFrame(meter_l, 1, meter_l) OVER meters) * metered AS leg_l
    FROM reports
    WINDOW
      fixes AS (PARTITION BY vehicle_id, device_id, placed ORDER BY fix_ms, fingerprint
        ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),
      meters AS (PARTITION BY vehicle_id, device_id, metered ORDER BY fix_ms, fingerprint
        ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
  ),
  parts AS (
    SELECT
      vehicle_id, device_id, intDiv(fix_ms, 600000) * 600000 AS bucket_ms,
      roundDown(fix_ms, cuts) AS part_ms,
      toFloat64(count()) AS n,
      sumIf(leg_m, is_leg) AS m,
      sumIf(leg_s, is_leg AND (kmh >= 5 OR leg_m * 3.6 >= 5 * leg_s)) AS moved_s,
      sumIf(leg_s, is_leg AND running AND kmh < 5 AND leg_m * 3.6 < 5 * leg_s) AS stood_s,
      sum(leg_l) AS l,
      max(kmh) AS top_kmh
    FROM legs
    WHERE has(divided, intDiv(fix_ms, 600000) * 600000)
    GROUP BY vehicle_id, device_id, bucket_ms, part_ms
  ),
  shares AS (
    SELECT
      vehicle_id, device_id, bucket_ms, part_ms,
      sum(n) OVER bucket AS all_n,
      n / all_n AS of_reports,
      sum(n) OVER (bucket ORDER BY part_ms) / all_n AS up_to_here,
      if(sum(m) OVER bucket > 0, m / sum(m) OVER bucket, of_reports) AS of_way,
      if(sum(moved_s) OVER bucket > 0, moved_s / sum(moved_s) OVER bucket, of_reports) AS of_driving,
      if(sum(stood_s) OVER bucket > 0, stood_s / sum(stood_s) OVER bucket, of_reports) AS of_idling,
      if(sum(l) OVER bucket > 0, l / sum(l) OVER bucket, of_reports) AS of_fuel,
      if(top_kmh = max(top_kmh) OVER bucket, inf, top_kmh) AS at_most_kmh
    FROM parts
    WINDOW bucket AS (PARTITION BY vehicle_id, device_id, bucket_ms)
  )
SELECT
  part AS bucket_start_ms,
  uniqExact(vehicle_id) AS vehicle_count,
  sum(part_reports) AS position_count,
  toFloat64(sum(millionths(part_m))) / 1e6 AS distance_m,
  toFloat64(sum(millionths(part_driven_s))) / 1e6 AS driving_s,
  toFloat64(sum(millionths(part_idled_s))) / 1e6 AS idling_s,
  max(part_kmh) AS max_speed_kmh,
  toFloat64(sum(millionths(part_l))) / 1e6 AS fuel_used_l
FROM (
  SELECT
    vehicle_id, roundDown(bucket_ms, cuts) AS part, toUInt64(reports) AS part_reports,
    way_m AS part_m, driven_s AS part_driven_s, idled_s AS part_idled_s, fastest_kmh AS part_kmh,
    used_l AS part_l
  FROM held
  WHERE NOT has(divided, bucket_ms)
  UNION ALL
  SELECT
    vehicle_id,
    if(all_n = 0, roundDown(held.bucket_ms, cuts), part_ms) AS part,
    if(all_n = 0, reports, toUInt64(round(reports * up_to_here) - round(reports * (up_to_here - of_reports)))) AS part_reports,
    if(all_n = 0, 1, of_way) * way_m AS part_m,
    if(all_n = 0, 1, of_driving) * driven_s AS part_driven_s,
    if(all_n = 0, 1, of_idling) * idled_s AS part_idled_s,
    if(all_n = 0, fastest_kmh, least(fastest_kmh, at_most_kmh)) AS part_kmh,
    if(all_n = 0, 1, of_fuel) * used_l AS part_l
  FROM held LEFT JOIN shares
    ON held.vehicle_id = shares.vehicle_id AND held.device_id = shares.device_id
      AND held.bucket_ms = shares.bucket_ms
  WHERE has(divided, held.bucket_ms)
)
GROUP BY bucket_start_ms
ORDER BY bucket_start_ms
SETTINGS do_not_merge_across_partitions_select_final = 1
