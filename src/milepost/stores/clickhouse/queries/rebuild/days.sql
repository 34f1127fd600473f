-- All days of what was rebuilt, summed up afresh, in the way of ingest/day_totals.sql.
INSERT INTO day_totals
SELECT
  tenant_id,
  vehicle_id,
  device_id,
  toStartOfDay(bucket_start, 'UTC') AS day,
  sum(position_count),
  toFloat64(sum(toDecimal64(distance_m, 6))),
  toFloat64(sum(toDecimal64(driving_s, 6))),
  toFloat64(sum(toDecimal64(idling_s, 6))),
  max(max_speed_kmh),
  toFloat64(sum(toDecimal64(fuel_used_l, 6))),
  {version:UInt64}
FROM rollups FINAL
WHERE (1 = {all_tenants:UInt8} OR tenant_id = {tenant_id:UUID})
  AND (1 = {all_vehicles:UInt8} OR vehicle_id = {vehicle_id:UUID})
  AND bucket_start >= toDateTime({since_s:Int64}, 'UTC')
GROUP BY tenant_id, vehicle_id, device_id, day
SETTINGS do_not_merge_across_partitions_select_final = 1
