-- After a crash: which devices have positions that no checkpoint has seen.
SELECT
  tenant_id,
  vehicle_id,
  device_id,
  toUnixTimestamp64Milli(min(fix_time)) AS min_fix_time_ms,
  toUnixTimestamp64Milli(max(received_time)) AS max_received_time_ms
FROM positions
WHERE received_time >= fromUnixTimestamp64Milli({received_time_ms:Int64}, 'UTC')
  AND rejected = ''
GROUP BY tenant_id, vehicle_id, device_id
