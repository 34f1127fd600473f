-- Every device in every vehicle that has accepted positions, with the days of their fix times.
SELECT
  tenant_id, vehicle_id, device_id,
  groupArray(toInt64(toUnixTimestamp(day)) * 1000) AS day_starts_ms,
  groupArray(found) AS counts
FROM (
  SELECT tenant_id, vehicle_id, device_id, toStartOfDay(fix_time, 'UTC') AS day, count() AS found
  FROM positions
  WHERE rejected = ''
    AND (1 = {all_tenants:UInt8} OR tenant_id = {tenant_id:UUID})
    AND (1 = {all_vehicles:UInt8} OR vehicle_id = {vehicle_id:UUID})
  GROUP BY tenant_id, vehicle_id, device_id, day
  ORDER BY tenant_id, vehicle_id, device_id, day
)
GROUP BY tenant_id, vehicle_id, device_id
ORDER BY tenant_id, vehicle_id, device_id
