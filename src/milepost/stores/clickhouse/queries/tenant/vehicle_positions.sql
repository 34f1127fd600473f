-- One vehicle's positions in the order of their fix times; duplicates that no merge has met yet
-- are one row here as well.
SELECT *, fingerprint
FROM positions
WHERE tenant_id = {tenant_id:UUID}
  AND vehicle_id = {vehicle_id:UUID}
  AND fix_time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
  AND fix_time < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
  AND (1 = {all_times:UInt8} OR arrayExists(
    (from_ms, to_ms) -> toUnixTimestamp64Milli(fix_time) >= from_ms
      AND toUnixTimestamp64Milli(fix_time) < to_ms,
    {spans_from_ms:Array(Int64)}, {spans_to_ms:Array(Int64)}))
  AND rejected = ''
  AND (fix_time, device_id, fingerprint)
    > (fromUnixTimestamp64Milli({after_fix_time_ms:Int64}, 'UTC'), {after_device_id:UUID},
       {after_fingerprint:UInt32})
ORDER BY fix_time, device_id, fingerprint
LIMIT 1 BY fix_time, device_id, fingerprint
LIMIT {limit:UInt32}
