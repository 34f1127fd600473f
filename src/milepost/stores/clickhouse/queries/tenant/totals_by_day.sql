-- Totals of some vehicles together between cuts of time; each cut is the beginning of ten minutes.
-- The first of `cuts_ms` is before all times, so that what lies before the second has a place.
SELECT
  roundDown(toInt64(toUnixTimestamp(bucket_start)) * 1000, {cuts_ms:Array(Int64)}) AS bucket_start_ms,
  uniqExact(vehicle_id) AS vehicle_count,
  sum(position_count) AS position_count,
  sum(distance_m) AS distance_m,
  sum(driving_s) AS driving_s,
  sum(idling_s) AS idling_s,
  max(max_speed_kmh) AS max_speed_kmh,
  sum(fuel_used_l) AS fuel_used_l
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
