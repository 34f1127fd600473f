-- Of several devices in a vehicle, the one with the newest fix.
SELECT * EXCEPT (tenant_id, version, key_device_id)
FROM last_states FINAL
WHERE tenant_id = {tenant_id:UUID}
  AND (1 = {all_vehicles:UInt8} OR vehicle_id IN {vehicle_ids:Array(UUID)})
ORDER BY vehicle_id, fix_time DESC, version DESC
LIMIT 1 BY vehicle_id
