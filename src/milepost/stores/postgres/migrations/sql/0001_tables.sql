CREATE TABLE processor_checkpoint (
  name TEXT NOT NULL,
  received_time_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_processor_checkpoint PRIMARY KEY (name)
);

CREATE TABLE tenants (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  thresholds JSONB DEFAULT '{}' NOT NULL,
  settings JSONB DEFAULT '{}' NOT NULL,
  adopts_unknown_devices BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_tenants PRIMARY KEY (id),
  CONSTRAINT uq_tenants_slug UNIQUE (slug)
);

CREATE TABLE unknown_devices (
  unique_id TEXT NOT NULL,
  protocol TEXT NOT NULL,
  source TEXT NOT NULL,
  first_seen_time TIMESTAMP WITH TIME ZONE NOT NULL,
  last_seen_time TIMESTAMP WITH TIME ZONE NOT NULL,
  attempts INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_unknown_devices PRIMARY KEY (unique_id)
);

CREATE TABLE audit_entries (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  time TIMESTAMP WITH TIME ZONE NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  kind TEXT NOT NULL,
  entity_id UUID,
  before JSONB,
  after JSONB,
  CONSTRAINT pk_audit_entries PRIMARY KEY (id),
  CONSTRAINT fk_audit_entries_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_audit_entries_tenant_id_kind_entity_id_time ON audit_entries (tenant_id, kind, entity_id, time);
CREATE INDEX ix_audit_entries_tenant_id_time ON audit_entries (tenant_id, time);

CREATE TABLE device_anchors (
  device_id UUID NOT NULL,
  vehicle_id UUID NOT NULL,
  hour BIGINT NOT NULL,
  tenant_id UUID NOT NULL,
  fix_time_ms BIGINT NOT NULL,
  state BYTEA NOT NULL,
  CONSTRAINT pk_device_anchors PRIMARY KEY (device_id, vehicle_id, hour),
  CONSTRAINT fk_device_anchors_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE device_states (
  device_id UUID NOT NULL,
  vehicle_id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  fix_time_ms BIGINT NOT NULL,
  state BYTEA NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_device_states PRIMARY KEY (device_id, vehicle_id),
  CONSTRAINT fk_device_states_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE events (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  vehicle_id UUID,
  device_id UUID NOT NULL,
  kind TEXT NOT NULL,
  fix_time TIMESTAMP WITH TIME ZONE NOT NULL,
  received_time TIMESTAMP WITH TIME ZONE NOT NULL,
  late BOOLEAN DEFAULT false NOT NULL,
  latitude_deg DOUBLE PRECISION,
  longitude_deg DOUBLE PRECISION,
  decided_fix_time_ms BIGINT NOT NULL,
  detail JSONB DEFAULT '{}' NOT NULL,
  CONSTRAINT pk_events PRIMARY KEY (id),
  CONSTRAINT fk_events_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_events_device_id_decided_fix_time_ms ON events (device_id, decided_fix_time_ms);
CREATE INDEX ix_events_tenant_id_fix_time ON events (tenant_id, fix_time);
CREATE INDEX ix_events_tenant_id_vehicle_id_fix_time ON events (tenant_id, vehicle_id, fix_time);

CREATE TABLE fleets (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_fleets PRIMARY KEY (id),
  CONSTRAINT uq_fleets_tenant_id_id UNIQUE (tenant_id, id),
  CONSTRAINT uq_fleets_tenant_id_name UNIQUE (tenant_id, name),
  CONSTRAINT fk_fleets_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE idempotency_keys (
  tenant_id UUID NOT NULL,
  who TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash BYTEA NOT NULL,
  response_status INTEGER,
  response_headers JSONB,
  response_body BYTEA,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (tenant_id, who, key),
  CONSTRAINT fk_idempotency_keys_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE stops (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  vehicle_id UUID,
  device_id UUID NOT NULL,
  driver_id UUID,
  start_time TIMESTAMP WITH TIME ZONE NOT NULL,
  end_time TIMESTAMP WITH TIME ZONE,
  latitude_deg DOUBLE PRECISION NOT NULL,
  longitude_deg DOUBLE PRECISION NOT NULL,
  idling_s DOUBLE PRECISION NOT NULL,
  decided_fix_time_ms BIGINT NOT NULL,
  position_count INTEGER NOT NULL,
  has_gap BOOLEAN NOT NULL,
  start_reason TEXT NOT NULL,
  end_reason TEXT,
  start_explanation JSONB NOT NULL,
  end_explanation JSONB,
  CONSTRAINT pk_stops PRIMARY KEY (id),
  CONSTRAINT fk_stops_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_stops_device_id_decided_fix_time_ms ON stops (device_id, decided_fix_time_ms);
CREATE INDEX ix_stops_tenant_id_start_time ON stops (tenant_id, start_time);
CREATE INDEX ix_stops_tenant_id_vehicle_id_start_time ON stops (tenant_id, vehicle_id, start_time);

CREATE TABLE trips (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  vehicle_id UUID,
  device_id UUID NOT NULL,
  driver_id UUID,
  start_time TIMESTAMP WITH TIME ZONE NOT NULL,
  end_time TIMESTAMP WITH TIME ZONE,
  start_latitude_deg DOUBLE PRECISION NOT NULL,
  start_longitude_deg DOUBLE PRECISION NOT NULL,
  end_latitude_deg DOUBLE PRECISION NOT NULL,
  end_longitude_deg DOUBLE PRECISION NOT NULL,
  distance_m DOUBLE PRECISION NOT NULL,
  driving_s DOUBLE PRECISION NOT NULL,
  idling_s DOUBLE PRECISION NOT NULL,
  max_speed_kmh DOUBLE PRECISION NOT NULL,
  fuel_used_l DOUBLE PRECISION,
  decided_fix_time_ms BIGINT NOT NULL,
  position_count INTEGER NOT NULL,
  has_gap BOOLEAN NOT NULL,
  start_reason TEXT NOT NULL,
  end_reason TEXT,
  start_explanation JSONB NOT NULL,
  end_explanation JSONB,
  CONSTRAINT pk_trips PRIMARY KEY (id),
  CONSTRAINT fk_trips_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_trips_device_id_decided_fix_time_ms ON trips (device_id, decided_fix_time_ms);
CREATE INDEX ix_trips_open ON trips (tenant_id, vehicle_id) WHERE end_time IS NULL;
CREATE INDEX ix_trips_tenant_id_start_time ON trips (tenant_id, start_time);
CREATE INDEX ix_trips_tenant_id_vehicle_id_start_time ON trips (tenant_id, vehicle_id, start_time);

CREATE TABLE users (
  id UUID NOT NULL,
  home_tenant_id UUID,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT,
  enabled BOOLEAN DEFAULT true NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (id),
  CONSTRAINT ck_users_email_is_lower_case CHECK (email = lower(email)),
  CONSTRAINT fk_users_home_tenant_id FOREIGN KEY(home_tenant_id) REFERENCES tenants (id) ON DELETE SET NULL,
  CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE api_keys (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash BYTEA NOT NULL,
  role TEXT NOT NULL,
  fleet_ids UUID[],
  created_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_used_time TIMESTAMP WITH TIME ZONE,
  expires_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_api_keys PRIMARY KEY (id),
  CONSTRAINT ck_api_keys_role_is_known CHECK (role IN ('admin', 'fleet_manager', 'dispatcher', 'maintenance', 'driver', 'viewer')),
  CONSTRAINT fk_api_keys_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  CONSTRAINT uq_api_keys_prefix UNIQUE (prefix),
  CONSTRAINT fk_api_keys_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX ix_api_keys_tenant_id_created_at ON api_keys (tenant_id, created_at);

CREATE TABLE drivers (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  license_number TEXT,
  contact_number TEXT,
  user_id UUID,
  status TEXT DEFAULT 'active' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_drivers PRIMARY KEY (id),
  CONSTRAINT uq_drivers_tenant_id_id UNIQUE (tenant_id, id),
  CONSTRAINT fk_drivers_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  CONSTRAINT fk_drivers_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL
);

CREATE TABLE refresh_tokens (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  user_id UUID NOT NULL,
  family_id UUID NOT NULL,
  token_hash BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_refresh_tokens PRIMARY KEY (id),
  CONSTRAINT fk_refresh_tokens_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  CONSTRAINT fk_refresh_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT uq_refresh_tokens_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_refresh_tokens_family_id ON refresh_tokens (family_id);
CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);

CREATE TABLE vehicles (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  name TEXT NOT NULL,
  fleet_id UUID,
  vin TEXT,
  make TEXT,
  model TEXT,
  year INTEGER,
  registration_number TEXT,
  license_number TEXT,
  contact_number TEXT,
  status TEXT DEFAULT 'active' NOT NULL,
  purchase_date DATE,
  last_maintenance_date DATE,
  next_maintenance_date DATE,
  fuel_type TEXT,
  fuel_capacity_l DOUBLE PRECISION,
  odometer_m DOUBLE PRECISION,
  thresholds JSONB DEFAULT '{}' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_vehicles PRIMARY KEY (id),
  CONSTRAINT ck_vehicles_status_is_known CHECK (status IN ('active', 'maintenance', 'inactive', 'retired')),
  CONSTRAINT fk_vehicles_tenant_id_fleet_id FOREIGN KEY(tenant_id, fleet_id) REFERENCES fleets (tenant_id, id) ON DELETE SET NULL (fleet_id),
  CONSTRAINT uq_vehicles_tenant_id_id UNIQUE (tenant_id, id),
  CONSTRAINT fk_vehicles_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_vehicles_tenant_id_fleet_id ON vehicles (tenant_id, fleet_id);

CREATE TABLE devices (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  unique_id TEXT NOT NULL,
  protocol TEXT NOT NULL,
  vehicle_id UUID,
  name TEXT,
  lenient BOOLEAN DEFAULT false NOT NULL,
  enabled BOOLEAN DEFAULT true NOT NULL,
  last_seen_time TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_devices PRIMARY KEY (id),
  CONSTRAINT fk_devices_tenant_id_vehicle_id FOREIGN KEY(tenant_id, vehicle_id) REFERENCES vehicles (tenant_id, id) ON DELETE SET NULL (vehicle_id),
  CONSTRAINT uq_devices_tenant_id_id UNIQUE (tenant_id, id),
  CONSTRAINT fk_devices_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  CONSTRAINT uq_devices_unique_id UNIQUE (unique_id)
);
CREATE INDEX ix_devices_tenant_id_vehicle_id ON devices (tenant_id, vehicle_id);

CREATE TABLE driver_assignments (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  driver_id UUID NOT NULL,
  vehicle_id UUID NOT NULL,
  start_time TIMESTAMP WITH TIME ZONE NOT NULL,
  end_time TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_driver_assignments PRIMARY KEY (id),
  CONSTRAINT ck_driver_assignments_ends_after_start CHECK (end_time >= start_time),
  CONSTRAINT fk_driver_assignments_tenant_id_driver_id FOREIGN KEY(tenant_id, driver_id) REFERENCES drivers (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_driver_assignments_tenant_id_vehicle_id FOREIGN KEY(tenant_id, vehicle_id) REFERENCES vehicles (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_driver_assignments_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX ix_driver_assignments_tenant_id_driver_id_start_time ON driver_assignments (tenant_id, driver_id, start_time);
CREATE INDEX ix_driver_assignments_tenant_id_vehicle_id_start_time ON driver_assignments (tenant_id, vehicle_id, start_time);
CREATE UNIQUE INDEX uq_driver_assignments_open_vehicle ON driver_assignments (vehicle_id) WHERE end_time IS NULL;

CREATE TABLE memberships (
  tenant_id UUID NOT NULL,
  user_id UUID NOT NULL,
  role TEXT NOT NULL,
  fleet_ids UUID[],
  driver_id UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT '1' NOT NULL,
  CONSTRAINT pk_memberships PRIMARY KEY (tenant_id, user_id),
  CONSTRAINT ck_memberships_role_is_known CHECK (role IN ('admin', 'fleet_manager', 'dispatcher', 'maintenance', 'driver', 'viewer')),
  CONSTRAINT fk_memberships_tenant_id_driver_id FOREIGN KEY(tenant_id, driver_id) REFERENCES drivers (tenant_id, id) ON DELETE SET NULL (driver_id),
  CONSTRAINT fk_memberships_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  CONSTRAINT fk_memberships_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_memberships_user_id ON memberships (user_id);
