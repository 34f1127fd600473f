"""The first tables, the roles of the application, and row-level security on every table."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0001"
down_revision = None

_SQL = Path(__file__).parent.parent / "sql"

ROLES = ("milepost_app", "milepost_ingest", "milepost_identity", "milepost_operator")

# Owned by a tenant: a request sees and writes its own tenant's rows.
TENANT_TABLES = (
    "memberships",
    "refresh_tokens",
    "api_keys",
    "fleets",
    "vehicles",
    "devices",
    "drivers",
    "driver_assignments",
    "trips",
    "stops",
    "events",
    "audit_entries",
    "idempotency_keys",
)

# Across tenants, by part of the program: table → what that part may do.
INGEST_GRANTS = {
    "tenants": "SELECT",
    "fleets": "SELECT",
    "vehicles": "SELECT, INSERT",
    "drivers": "SELECT",
    "driver_assignments": "SELECT",
    "devices": "SELECT, INSERT, UPDATE (last_seen_time)",
    "unknown_devices": "SELECT, INSERT, UPDATE, DELETE",
    "trips": "SELECT, INSERT, UPDATE, DELETE",
    "stops": "SELECT, INSERT, UPDATE, DELETE",
    "events": "SELECT, INSERT, UPDATE, DELETE",
    "device_states": "SELECT, INSERT, UPDATE, DELETE",
    "device_anchors": "SELECT, INSERT, UPDATE, DELETE",
    "processor_checkpoint": "SELECT, INSERT, UPDATE, DELETE",
}
IDENTITY_GRANTS = {
    "tenants": "SELECT",
    "users": "SELECT, UPDATE (password_hash, updated_at)",
    "memberships": "SELECT",
    "api_keys": "SELECT, UPDATE (last_used_time)",
    "refresh_tokens": "SELECT, INSERT, UPDATE, DELETE",
}

# What a request may do, within its tenant. What is missing (device states, password hashes,
# changing an audit entry) it cannot do at all.
APP_GRANTS = {
    "tenants": "SELECT, UPDATE (name, thresholds, settings, updated_at, version)",
    "users": "SELECT (id, home_tenant_id, email, name, enabled, created_at, updated_at, version),"
    " INSERT, UPDATE, DELETE",
    "refresh_tokens": "SELECT, UPDATE (revoked_at)",
    "trips": "SELECT",
    "stops": "SELECT",
    "events": "SELECT",
    "audit_entries": "SELECT, INSERT",
    "unknown_devices": "SELECT, DELETE",
}
_ALL = "SELECT, INSERT, UPDATE, DELETE"
_CURRENT = "(SELECT nullif(current_setting('milepost.tenant_id', true), '')::uuid)"


def upgrade() -> None:
    """Makes everything; the roles stay if another database of the server has made them."""
    for statement in (_SQL / "0001_tables.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    for role in ROLES:
        _create_role(role)
    # Whoever may not migrate still asks whether anything is to be migrated.
    op.execute("GRANT SELECT ON alembic_version TO PUBLIC")
    for table in _all_tables():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _admit("milepost_operator", table, _ALL, "true")
    _admit_requests()
    for table, rights in INGEST_GRANTS.items():
        _admit("milepost_ingest", table, rights, "true")
    for table, rights in IDENTITY_GRANTS.items():
        _admit("milepost_identity", table, rights, "true")


def _create_role(role: str) -> None:
    # PostgreSQL 16 and later let the maker of a role grant it, 15 lets every CREATEROLE: in both
    # the migrating user may then act as the role, as a single-URL installation needs.
    op.execute(
        f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
            CREATE ROLE {role} NOLOGIN NOBYPASSRLS NOINHERIT;
          END IF;
          IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN
            EXECUTE format('GRANT {role} TO %I', current_user);
          END IF;
          EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema());
        END $$
        """
    )


def _all_tables() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*TENANT_TABLES, *APP_GRANTS, *INGEST_GRANTS)))


def _admit(role: str, table: str, rights: str, rows: str) -> None:
    op.execute(f"GRANT {rights} ON {table} TO {role}")
    op.execute(f"CREATE POLICY {role} ON {table} TO {role} USING ({rows}) WITH CHECK ({rows})")


def _admit_requests() -> None:
    role = "milepost_app"
    for table in TENANT_TABLES:
        _admit(role, table, APP_GRANTS.get(table, _ALL), f"tenant_id = {_CURRENT}")
    _admit(role, "tenants", APP_GRANTS["tenants"], f"id = {_CURRENT}")
    adopts = f"EXISTS (SELECT FROM tenants WHERE id = {_CURRENT} AND adopts_unknown_devices)"
    _admit(role, "unknown_devices", APP_GRANTS["unknown_devices"], adopts)
    _admit(role, "users", APP_GRANTS["users"], f"home_tenant_id = {_CURRENT}")
    member = f"SELECT FROM memberships WHERE user_id = users.id AND tenant_id = {_CURRENT}"
    op.execute(f"CREATE POLICY members ON users FOR SELECT TO {role} USING (EXISTS ({member}))")
