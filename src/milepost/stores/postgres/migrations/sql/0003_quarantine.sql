CREATE TABLE quarantine (
  device_id UUID NOT NULL,
  vehicle_id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  reason TEXT NOT NULL,
  received_since_ms BIGINT NOT NULL,
  since_time TIMESTAMP WITH TIME ZONE NOT NULL,
  tries INTEGER NOT NULL,
  retry_time TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_quarantine PRIMARY KEY (device_id, vehicle_id),
  CONSTRAINT fk_quarantine_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_quarantine_tenant_id_since_time ON quarantine (tenant_id, since_time);
