-- When the first position after an instant was received; 0 if there is none.
SELECT toUnixTimestamp64Milli(min(received_time)) AS received_time_ms, count() AS found
FROM positions
WHERE tenant_id = {tenant_id:UUID}
  AND received_time > fromUnixTimestamp64Milli({after_ms:Int64}, 'UTC')
