-- Totals per bucket of some vehicles together.
-- Sums are of whole millionths, which have no order; see ingest/day_totals.sql.
WITH
  (x -> toInt256(round(if(isFinite(x), least(greatest(x, -1e60), 1e60), 0) * 1e6))) AS millionths
SELECT
  toInt64(toUnixTimestamp(bucket_start)) * 1000 AS bucket_start_ms,
  uniqExact(vehicle_id) AS vehicle_count,
  sum(position_count) AS position_count,
  toFloat64(sum(millionths(held.distance_m))) / 1e6 AS distance_m,
  toFloat64(sum(millionths(held.driving_s))) / 1e6 AS driving_s,
  toFloat64(sum(millionths(held.idling_s))) / 1e6 AS idling_s,
  max(max_speed_kmh) AS max_speed_kmh,
  toFloat64(sum(millionths(held.fuel_used_l))) / 1e6 AS fuel_used_l
FROM {totals:Identifier} AS held FINAL
WHERE tenant_id = {tenant_id:UUID}
  AND vehicle_id IN {vehicle_ids:Array(UUID)}
  AND bucket_start >= toDateTime({from_s:Int64}, 'UTC')
  AND bucket_start < toDateTime({to_s:Int64}, 'UTC')
  AND held.position_count > 0
GROUP BY bucket_start
ORDER BY bucket_start
SETTINGS do_not_merge_across_partitions_select_final = 1
