-- The days that new rollups touch, summed up afresh; as decimals, whose sum has no order.
-- Whatever a device says must have a sum: what is no number counts as 0, and what no decimal
-- holds counts as the greatest that 144 of can be added up.
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
  max(version)
FROM rollups FINAL
WHERE (tenant_id, vehicle_id, device_id) IN {units:Array(Tuple(UUID, UUID, UUID))}
  AND toStartOfDay(bucket_start, 'UTC') IN {days:Array(DateTime)}
GROUP BY tenant_id, vehicle_id, device_id, day
SETTINGS do_not_merge_across_partitions_select_final = 1
