-- The positions of a tenant in the order in which they became durable, within one window of
-- received time (bounded, so that a page never sorts the whole history).
SELECT *, fingerprint
FROM positions
WHERE tenant_id = {tenant_id:UUID}
  AND (1 = {all_vehicles:UInt8} OR vehicle_id IN {vehicle_ids:Array(UUID)})
  AND received_time >= fromUnixTimestamp64Milli({after_received_time_ms:Int64}, 'UTC')
  AND received_time <= fromUnixTimestamp64Milli({up_to_ms:Int64}, 'UTC')
  AND rejected = ''
  AND (received_time, device_id, fix_time, fingerprint)
    > (fromUnixTimestamp64Milli({after_received_time_ms:Int64}, 'UTC'), {after_device_id:UUID},
       fromUnixTimestamp64Milli({after_fix_time_ms:Int64}, 'UTC'), {after_fingerprint:UInt32})
ORDER BY received_time, device_id, fix_time, fingerprint
LIMIT {limit:UInt32}
