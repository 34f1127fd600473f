-- Whether a look at all of them is worth it: nearly always there is none.
SELECT count() AS found
FROM positions
WHERE rejected = 'unclocked'
  OR (rejected = 'future'
    AND received_time >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
    AND received_time < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC'))
