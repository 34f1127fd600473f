-- All days of what was rebuilt, summed up afresh, in the way of ingest/day_totals.sql.
WITH
  (x -> toInt256(round(if(isFinite(x), least(greatest(x, -1e60), 1e60), 0) * 1e6))) AS millionths
INSERT INTO day_totals
SELECT
  tenant_id,
  vehicle_id,
  device_id,
  toStartOfDay(bucket_start, 'UTC') AS day,
  sum(position_count),
  toFloat64(sum(millionths(distance_m))) / 1e6,
  toFloat64(sum(millionths(driving_s))) / 1e6,
  toFloat64(sum(millionths(idling_s))) / 1e6,
  max(max_speed_kmh),
  toFloat64(sum(millionths(fuel_used_l))) / 1e6,
  {version:UInt64}
FROM rollups FINAL
WHERE (1 = {all_tenants:UInt8} OR tenant_id = {tenant_id:UUID})
  AND (1 = {all_vehicles:UInt8} OR vehicle_id = {vehicle_id:UUID})
  AND bucket_start >= toDateTime({since_s:Int64}, 'UTC')
  AND position_count > 0
GROUP BY tenant_id, vehicle_id, device_id, day
SETTINGS do_not_merge_across_partitions_select_final = 1
