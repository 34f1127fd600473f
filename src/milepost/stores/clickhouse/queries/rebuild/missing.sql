-- Days of which the totals hold fewer positions than the checkpoint says have been folded; those
-- received since are folded by recovery. A duplicate counts as received when it came last.
SELECT tenant_id, vehicle_id, device_id, min(day_ms) AS first_day_ms, sum(stored) AS positions
FROM (
  SELECT
    tenant_id, vehicle_id, device_id,
    toInt64(toUnixTimestamp(toStartOfDay(fix_time, 'UTC'))) * 1000 AS day_ms,
    toInt64(uniqExact(fix_time, fingerprint)) AS stored
  FROM positions
  WHERE rejected = '' AND received_time < fromUnixTimestamp64Milli({watermark_ms:Int64}, 'UTC')
  GROUP BY tenant_id, vehicle_id, device_id, day_ms
) AS held
LEFT JOIN (
  SELECT
    tenant_id, vehicle_id, device_id,
    toInt64(toUnixTimestamp(toStartOfDay(bucket_start, 'UTC'))) * 1000 AS day_ms,
    toInt64(sum(position_count)) AS counted
  FROM rollups FINAL
  GROUP BY tenant_id, vehicle_id, device_id, day_ms
  SETTINGS do_not_merge_across_partitions_select_final = 1
) AS totals USING (tenant_id, vehicle_id, device_id, day_ms)
WHERE stored > counted
GROUP BY tenant_id, vehicle_id, device_id
ORDER BY tenant_id, vehicle_id, device_id
