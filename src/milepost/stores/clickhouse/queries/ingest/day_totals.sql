-- The days that new rollups touch, summed up afresh; as decimals, whose sum has no order.
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
  max(version)
FROM rollups FINAL
WHERE (tenant_id, vehicle_id, device_id) IN {units:Array(Tuple(UUID, UUID, UUID))}
  AND toStartOfDay(bucket_start, 'UTC') IN {days:Array(DateTime)}
GROUP BY tenant_id, vehicle_id, device_id, day
SETTINGS do_not_merge_across_partitions_select_final = 1
