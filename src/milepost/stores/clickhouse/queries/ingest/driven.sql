-- How far each device drove within whole days, by its totals.
SELECT vehicle_id, device_id, sum(held.distance_m) AS distance_m
FROM day_totals AS held FINAL
WHERE bucket_start >= toDateTime({from_s:Int64}, 'UTC')
  AND bucket_start < toDateTime({to_s:Int64}, 'UTC')
  AND held.position_count > 0
GROUP BY vehicle_id, device_id
SETTINGS do_not_merge_across_partitions_select_final = 1
