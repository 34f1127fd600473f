-- Reports that were taken to be from the future while the server's own clock may have been wrong:
-- those it said so of, and those of a period in which it was found to be wrong.
SELECT *, fingerprint
FROM positions FINAL
WHERE (rejected = 'unclocked'
    OR (rejected = 'future'
      AND received_time >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
      AND received_time < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')))
  AND (received_time, device_id, fix_time, fingerprint)
    > (fromUnixTimestamp64Milli({after_received_time_ms:Int64}, 'UTC'), {after_device_id:UUID},
       fromUnixTimestamp64Milli({after_fix_time_ms:Int64}, 'UTC'), {after_fingerprint:UInt32})
ORDER BY received_time, device_id, fix_time, fingerprint
LIMIT {limit:UInt32}
SETTINGS do_not_merge_across_partitions_select_final = 1
