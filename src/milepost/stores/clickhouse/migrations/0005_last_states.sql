-- A vehicle with two devices has a last state of each: the one with the newest fix is shown,
-- whichever was written last. A sorting key takes new columns only, so the device stands in it
-- under a second name; rows of before have the nil UUID there.
ALTER TABLE last_states
  ADD COLUMN IF NOT EXISTS key_device_id UUID,
  MODIFY ORDER BY (tenant_id, vehicle_id, key_device_id);
