-- What the processor folds again: a device's positions within one vehicle, from an instant on.
-- Read in pages: see Refolder.
SELECT *
FROM positions
WHERE tenant_id = {tenant_id:UUID}
  AND vehicle_id = {vehicle_id:UUID}
  AND device_id = {device_id:UUID}
  AND fix_time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
  AND rejected = ''
ORDER BY fix_time, fingerprint
LIMIT 1 BY fix_time, fingerprint
LIMIT {limit:UInt32}
