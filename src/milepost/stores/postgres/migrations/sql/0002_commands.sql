ALTER TABLE devices ADD COLUMN options JSONB DEFAULT '{}' NOT NULL;
ALTER TABLE devices ADD COLUMN keep_frames BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE devices ADD COLUMN last_protocol TEXT;

CREATE TABLE commands (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  device_id UUID NOT NULL,
  vehicle_id UUID,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  command JSONB NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER DEFAULT '0' NOT NULL,
  who TEXT NOT NULL,
  initiator_user_id UUID,
  reply TEXT,
  reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sent_time TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_commands PRIMARY KEY (id),
  CONSTRAINT ck_commands_state_is_known CHECK (state IN ('pending', 'sent', 'delivered', 'acknowledged', 'failed', 'expired', 'cancelled')),
  CONSTRAINT fk_commands_tenant_id_device_id FOREIGN KEY(tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT uq_commands_tenant_id_id UNIQUE (tenant_id, id),
  CONSTRAINT fk_commands_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_commands_tenant_id_device_id_created_at ON commands (tenant_id, device_id, created_at);
CREATE INDEX ix_commands_open ON commands (device_id) WHERE state IN ('pending', 'sent', 'delivered');
CREATE UNIQUE INDEX uq_commands_in_flight ON commands (device_id) WHERE state IN ('sent', 'delivered');

CREATE TABLE command_steps (
  command_id UUID NOT NULL,
  step INTEGER NOT NULL,
  tenant_id UUID NOT NULL,
  time TIMESTAMP WITH TIME ZONE NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  who TEXT NOT NULL,
  reason TEXT,
  CONSTRAINT pk_command_steps PRIMARY KEY (command_id, step),
  CONSTRAINT fk_command_steps_tenant_id_command_id FOREIGN KEY(tenant_id, command_id) REFERENCES commands (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_command_steps_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
