-- The ids of the vehicles that are in a state now, or of those that are not, joined by commas: one
-- text of any length, which PostgreSQL takes as one parameter. Who has been silent for too long is
-- offline, whatever they did last.
SELECT arrayStringConcat(groupArray(toString(vehicle_id)), ',') AS vehicle_ids
FROM last_states FINAL
WHERE tenant_id = {tenant_id:UUID}
  AND {included:UInt8} = (
    {state:String} = if(
      greatest(fix_time, ifNull(received_time, fix_time))
        < fromUnixTimestamp64Milli({oldest_ms:Int64}, 'UTC'),
      'offline',
      state
    )
  )
