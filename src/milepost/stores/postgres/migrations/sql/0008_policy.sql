CREATE TABLE former_thresholds (
  tenant_id UUID NOT NULL,
  vehicle_id UUID NOT NULL,
  until_time TIMESTAMP WITH TIME ZONE NOT NULL,
  thresholds JSONB NOT NULL,
  CONSTRAINT pk_former_thresholds PRIMARY KEY (tenant_id, vehicle_id, until_time),
  CONSTRAINT fk_former_thresholds_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE former_installations (
  tenant_id UUID NOT NULL,
  device_id UUID NOT NULL,
  until_time TIMESTAMP WITH TIME ZONE NOT NULL,
  vehicle_id UUID NOT NULL,
  CONSTRAINT pk_former_installations PRIMARY KEY (tenant_id, device_id, until_time),
  CONSTRAINT fk_former_installations_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
