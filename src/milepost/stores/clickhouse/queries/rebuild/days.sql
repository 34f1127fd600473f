-- All days of what was rebuilt, summed up afresh, in the way of ingest/day_totals.sql.
WITH
  (x -> toDecimal256(if(isFinite(x), least(greatest(x, -1e60), 1e60), 0), 6)) AS exact
INSERT INTO day_totals
SELECT
  tenant_id,
  vehicle_id,
  device_id,
  toStartOfDay(bucket_start, 'UTC') AS day,
  sum(position_count),
  toFloat64(sum(exact(distance_m))),
  toFloat64(sum(exact(driving_s))),
  toFloat64(sum(exact(idling_s))),
  max(max_speed_kmh),
  toFloat64(sum(exact(fuel_used_l))),
  {version:UInt64}
FROM rollups FINAL
WHERE (1 = {all_tenants:UInt8} OR tenant_id = {tenant_id:UUID})
  AND (1 = {all_vehicles:UInt8} OR vehicle_id = {vehicle_id:UUID})
  AND bucket_start >= toDateTime({since_s:Int64}, 'UTC')
  AND position_count > 0
GROUP BY tenant_id, vehicle_id, device_id, day
SETTINGS do_not_merge_across_partitions_select_final = 1
