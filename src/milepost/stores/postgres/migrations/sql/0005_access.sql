ALTER TABLE api_keys ADD COLUMN owner_id UUID;
UPDATE api_keys SET owner_id = created_by
  FROM memberships
  WHERE memberships.tenant_id = api_keys.tenant_id AND memberships.user_id = api_keys.created_by;
ALTER TABLE api_keys ADD CONSTRAINT fk_api_keys_tenant_id_owner_id FOREIGN KEY (tenant_id, owner_id) REFERENCES memberships (tenant_id, user_id) ON DELETE SET NULL (owner_id);
CREATE INDEX ix_api_keys_tenant_id_owner_id ON api_keys (tenant_id, owner_id);

ALTER TABLE audit_entries ADD COLUMN detail JSONB;

CREATE TABLE familiar_addresses (
  user_id UUID NOT NULL,
  address TEXT NOT NULL,
  last_time TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_familiar_addresses PRIMARY KEY (user_id, address),
  CONSTRAINT fk_familiar_addresses_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
