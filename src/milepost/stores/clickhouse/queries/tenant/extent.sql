-- How many accepted positions a vehicle or the tenant has since a fix time.
SELECT count() AS positions, uniqExact(device_id) AS devices, uniqExact(vehicle_id) AS vehicles
FROM positions
WHERE tenant_id = {tenant_id:UUID}
  AND (1 = {all_vehicles:UInt8} OR vehicle_id = {vehicle_id:UUID})
  AND fix_time >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
  AND rejected = ''
