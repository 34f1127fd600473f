-- The least and the greatest value of one column in each of many equal stretches of fix time, for a
-- chart. A report that was sent twice changes neither, so duplicates need no look.
SELECT
  intDiv(toUnixTimestamp64Milli(fix_time) - {from_ms:Int64}, {bucket_ms:Int64}) AS bucket,
  toFloat64(min({field:Identifier})) AS least,
  toFloat64(max({field:Identifier})) AS most
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
  AND {field:Identifier} IS NOT NULL
GROUP BY bucket
ORDER BY bucket
