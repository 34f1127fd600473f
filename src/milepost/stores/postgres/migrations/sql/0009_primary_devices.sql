CREATE TABLE primary_devices (
  tenant_id UUID NOT NULL,
  vehicle_id UUID NOT NULL,
  from_time TIMESTAMP WITH TIME ZONE NOT NULL,
  device_id UUID NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_primary_devices PRIMARY KEY (tenant_id, vehicle_id, from_time),
  CONSTRAINT ck_primary_devices_reason_is_known CHECK (reason IN ('first_installed', 'chosen')),
  CONSTRAINT fk_primary_devices_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE reprocessings (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  vehicle_id UUID,
  since_time TIMESTAMP WITH TIME ZONE NOT NULL,
  requested_time TIMESTAMP WITH TIME ZONE NOT NULL,
  requested_by TEXT NOT NULL,
  thresholds JSONB NOT NULL,
  primary_device_id UUID,
  positions BIGINT NOT NULL,
  devices INTEGER NOT NULL,
  devices_done INTEGER DEFAULT 0 NOT NULL,
  finished_time TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_reprocessings PRIMARY KEY (id),
  CONSTRAINT fk_reprocessings_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE INDEX ix_reprocessings_tenant_id_requested_time ON reprocessings (tenant_id, requested_time);

-- Of the devices that are together in a vehicle now the one that was registered first counts from
-- now on. What was before stays as it was told: all of them counted.
INSERT INTO primary_devices (tenant_id, vehicle_id, from_time, device_id, reason)
SELECT DISTINCT ON (tenant_id, vehicle_id)
  tenant_id, vehicle_id, now(), id, 'first_installed'
FROM (
  SELECT tenant_id, vehicle_id, id, created_at, count(*) OVER (PARTITION BY vehicle_id) AS together
  FROM devices
  WHERE vehicle_id IS NOT NULL
) AS installed
WHERE together > 1
ORDER BY tenant_id, vehicle_id, created_at, id;
