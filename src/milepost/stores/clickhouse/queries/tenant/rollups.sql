-- Totals per vehicle and bucket; a vehicle with two devices has the sum of both.
SELECT
  vehicle_id,
  toInt64(toUnixTimestamp(bucket_start)) * 1000 AS bucket_start_ms,
  sum(position_count) AS position_count,
  sum(distance_m) AS distance_m,
  sum(driving_s) AS driving_s,
  sum(idling_s) AS idling_s,
  max(max_speed_kmh) AS max_speed_kmh,
  sum(fuel_used_l) AS fuel_used_l
FROM rollups AS held FINAL
WHERE tenant_id = {tenant_id:UUID}
  AND (1 = {all_vehicles:UInt8} OR vehicle_id IN {vehicle_ids:Array(UUID)})
  AND bucket_start >= toDateTime({from_s:Int64}, 'UTC')
  AND bucket_start < toDateTime({to_s:Int64}, 'UTC')
  AND held.position_count > 0
GROUP BY vehicle_id, bucket_start
ORDER BY vehicle_id, bucket_start
SETTINGS do_not_merge_across_partitions_select_final = 1
