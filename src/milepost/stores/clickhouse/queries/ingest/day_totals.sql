-- The days that new rollups touch, summed up afresh; in whole millionths, whose sum has no order.
-- Whatever a device says must have a sum: what is no number counts as 0, and what is
-- beyond all measure counts as the greatest that 144 of can be added up.
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
  max(version)
FROM rollups FINAL
WHERE (tenant_id, vehicle_id, device_id) IN {units:Array(Tuple(UUID, UUID, UUID))}
  AND toStartOfDay(bucket_start, 'UTC') IN {days:Array(DateTime)}
GROUP BY tenant_id, vehicle_id, device_id, day
SETTINGS do_not_merge_across_partitions_select_final = 1
