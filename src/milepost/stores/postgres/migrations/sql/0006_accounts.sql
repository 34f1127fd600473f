ALTER TABLE tenants ADD COLUMN second_factor_required BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE users ADD COLUMN signed_out_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE refresh_tokens ADD COLUMN successor_salt BYTEA;

CREATE TABLE password_resets (
  user_id UUID NOT NULL,
  code_hash BYTEA NOT NULL,
  made_by TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_password_resets PRIMARY KEY (user_id),
  CONSTRAINT fk_password_resets_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE second_factors (
  user_id UUID NOT NULL,
  sealed_secret BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  confirmed_at TIMESTAMP WITH TIME ZONE,
  last_step BIGINT DEFAULT '0' NOT NULL,
  CONSTRAINT pk_second_factors PRIMARY KEY (user_id),
  CONSTRAINT fk_second_factors_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE recovery_codes (
  user_id UUID NOT NULL,
  code_hash BYTEA NOT NULL,
  CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, code_hash),
  CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY(user_id) REFERENCES second_factors (user_id) ON DELETE CASCADE
);

CREATE TABLE sessions (
  id UUID NOT NULL,
  tenant_id UUID NOT NULL,
  user_id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_used_time TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  CONSTRAINT pk_sessions PRIMARY KEY (id),
  CONSTRAINT fk_sessions_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_sessions_tenant_id ON sessions (tenant_id);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
