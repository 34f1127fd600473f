-- The days that new rollups touch, summed up afresh.
INSERT INTO day_totals
SELECT
  tenant_id,
  vehicle_id,
  device_id,
  toStartOfDay(bucket_start, 'UTC') AS day,
  sum(position_count),
  sum(distance_m),
  sum(driving_s),
  sum(idling_s),
  max(max_speed_kmh),
  sum(fuel_used_l),
  max(version)
FROM rollups FINAL
WHERE (tenant_id, vehicle_id, device_id) IN {units:Array(Tuple(UUID, UUID, UUID))}
  AND toStartOfDay(bucket_start, 'UTC') IN {days:Array(DateTime)}
GROUP BY tenant_id, vehicle_id, device_id, day
SETTINGS do_not_merge_across_partitions_select_final = 1
