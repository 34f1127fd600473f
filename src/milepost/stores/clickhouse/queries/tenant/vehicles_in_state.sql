-- The ids of the vehicles that are in a state now, or of those that are not. Of several devices in
-- a vehicle, the one with the newest fix counts. Who has been silent for too long is offline,
-- whatever they did last.
SELECT toString(vehicle_id) AS vehicle
FROM last_states FINAL
WHERE tenant_id = {tenant_id:UUID}
GROUP BY vehicle_id
HAVING {included:UInt8} = (
  {state:String} = if(
    argMax(greatest(fix_time, ifNull(received_time, fix_time)), (fix_time, version))
      < fromUnixTimestamp64Milli({oldest_ms:Int64}, 'UTC'),
    'offline',
    argMax(state, (fix_time, version))
  )
)
