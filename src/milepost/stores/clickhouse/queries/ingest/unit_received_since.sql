-- The earliest fix among a unit's positions that were received at or after an instant.
SELECT toUnixTimestamp64Milli(min(fix_time)) AS fix_time_ms, count() AS found
FROM positions
WHERE tenant_id = {tenant_id:UUID}
  AND vehicle_id = {vehicle_id:UUID}
  AND device_id = {device_id:UUID}
  AND received_time >= fromUnixTimestamp64Milli({received_time_ms:Int64}, 'UTC')
  AND rejected = ''
