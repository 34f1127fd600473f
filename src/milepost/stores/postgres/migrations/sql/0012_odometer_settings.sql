CREATE TABLE odometer_settings (
  tenant_id UUID NOT NULL,
  vehicle_id UUID NOT NULL,
  set_time TIMESTAMP WITH TIME ZONE NOT NULL,
  odometer_m DOUBLE PRECISION NOT NULL,
  CONSTRAINT pk_odometer_settings PRIMARY KEY (tenant_id, vehicle_id, set_time),
  CONSTRAINT fk_odometer_settings_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

ALTER TABLE vehicles ADD COLUMN odometer_time TIMESTAMP WITH TIME ZONE;

-- What people had entered stood still; from now on it goes on from there.
UPDATE vehicles SET odometer_time = now() WHERE odometer_m IS NOT NULL;

INSERT INTO odometer_settings (tenant_id, vehicle_id, set_time, odometer_m)
SELECT tenant_id, id, odometer_time, odometer_m FROM vehicles WHERE odometer_m IS NOT NULL;
