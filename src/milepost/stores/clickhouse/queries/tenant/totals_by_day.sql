-- Totals of some vehicles together between cuts of time; each cut is the beginning of ten minutes.
-- The first of `cuts_ms` is before all times, so that what lies before the second has a place.
-- Sums are of whole millionths, which have no order; see ingest/day_totals.sql.
WITH
  (x -> toInt256(round(if(isFinite(x), least(greatest(x, -1e60), 1e60), 0) * 1e6))) AS millionths
SELECT
  roundDown(toInt64(toUnixTimestamp(bucket_start)) * 1000, {cuts_ms:Array(Int64)}) AS bucket_start_ms,
  uniqExact(vehicle_id) AS vehicle_count,
  sum(position_count) AS position_count,
  toFloat64(sum(millionths(held.distance_m))) / 1e6 AS distance_m,
  toFloat64(sum(millionths(held.driving_s))) / 1e6 AS driving_s,
  toFloat64(sum(millionths(held.idling_s))) / 1e6 AS idling_s,
  max(max_speed_kmh) AS max_speed_kmh,
  toFloat64(sum(millionths(held.fuel_used_l))) / 1e6 AS fuel_used_l
FROM rollups AS held FINAL
WHERE tenant_id = {tenant_id:UUID}
  AND vehicle_id IN {vehicle_ids:Array(UUID)}
  AND bucket_start >= toDateTime({from_s:Int64}, 'UTC')
  AND bucket_start < toDateTime({to_s:Int64}, 'UTC')
  AND held.position_count > 0
  AND (1 = {all_times:UInt8} OR arrayExists(
    (from_s, to_s) -> toInt64(toUnixTimestamp(bucket_start)) >= from_s
      AND toInt64(toUnixTimestamp(bucket_start)) + 600 <= to_s,
    {spans_from_s:Array(Int64)}, {spans_to_s:Array(Int64)}))
GROUP BY bucket_start_ms
ORDER BY bucket_start_ms
SETTINGS do_not_merge_across_partitions_select_final = 1
