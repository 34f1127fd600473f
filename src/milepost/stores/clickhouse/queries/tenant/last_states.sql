SELECT * EXCEPT (tenant_id, version)
FROM last_states FINAL
WHERE tenant_id = {tenant_id:UUID}
  AND (1 = {all_vehicles:UInt8} OR vehicle_id IN {vehicle_ids:Array(UUID)})
ORDER BY vehicle_id
