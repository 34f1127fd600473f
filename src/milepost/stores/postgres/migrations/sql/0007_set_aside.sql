CREATE TABLE set_aside_positions (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  device_id UUID NOT NULL,
  vehicle_id UUID NOT NULL,
  driver_id UUID NOT NULL,
  protocol TEXT NOT NULL,
  received_time TIMESTAMP WITH TIME ZONE NOT NULL,
  position BYTEA NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_set_aside_positions PRIMARY KEY (id),
  CONSTRAINT fk_set_aside_positions_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
