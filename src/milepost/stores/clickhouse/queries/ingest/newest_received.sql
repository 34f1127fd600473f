-- At a start: the stamp of the newest stored position; later ones go on from there.
SELECT toUnixTimestamp64Milli(max(received_time)) AS received_time_ms, count() AS found
FROM positions
WHERE received_time >= fromUnixTimestamp64Milli({received_time_ms:Int64}, 'UTC')
