"""Commands for devices, and every change of their states."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import (
    METADATA,
    id_column,
    same_tenant_key,
    tenant_column,
    time_column,
)

# The names are those of domain.CommandRun. No foreign key to vehicles: what was done to a vehicle
# stays when it is removed. One command of a device is in flight at most.
commands = Table(
    "commands",
    METADATA,
    id_column(),
    tenant_column(),
    Column("device_id", UUID(as_uuid=True), nullable=False),
    Column("vehicle_id", UUID(as_uuid=True)),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("command", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("who", Text, nullable=False),
    Column("initiator_user_id", UUID(as_uuid=True)),
    Column("reply", Text),
    Column("reason", Text),
    time_column("created_at"),
    time_column("updated_at"),
    time_column("expires_at"),
    time_column("sent_time", nullable=True),
    CheckConstraint(
        "state IN ('pending', 'sent', 'delivered', 'acknowledged', 'failed', 'expired',"
        " 'cancelled')",
        name="state_is_known",
    ),
    same_tenant_key("device_id", "devices", on_delete="CASCADE"),
    UniqueConstraint("tenant_id", "id"),
    Index(None, "tenant_id", "device_id", "created_at"),
    Index(
        "ix_commands_open",
        "device_id",
        postgresql_where=text("state IN ('pending', 'sent', 'delivered')"),
    ),
    Index(
        "uq_commands_in_flight",
        "device_id",
        unique=True,
        postgresql_where=text("state IN ('sent', 'delivered')"),
    ),
)

# Rows are added, never changed. `step` counts from 1 within a command.
command_steps = Table(
    "command_steps",
    METADATA,
    Column("command_id", UUID(as_uuid=True), primary_key=True),
    Column("step", Integer, primary_key=True),
    tenant_column(),
    time_column("time"),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text),
    same_tenant_key("command_id", "commands", on_delete="CASCADE"),
)
