-- A device's positions within one vehicle and a span of fix times, duplicates once.
SELECT *
FROM positions
WHERE tenant_id = {tenant_id:UUID}
  AND vehicle_id = {vehicle_id:UUID}
  AND device_id = {device_id:UUID}
  AND fix_time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
  AND fix_time < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
  AND rejected = ''
ORDER BY fix_time, fingerprint
LIMIT 1 BY fix_time, fingerprint
