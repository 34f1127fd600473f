"""Which of a vehicle's devices counts, and parts of history that are drawn anew."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"

_SQL = Path(__file__).parent.parent / "sql"
_CURRENT = "(SELECT nullif(current_setting('milepost.tenant_id', true), '')::uuid)"
_OWN = f"tenant_id = {_CURRENT}"
# Table, role, its rights, and on which rows.
GRANTS = (
    ("primary_devices", "milepost_operator", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("primary_devices", "milepost_ingest", "SELECT", "true"),
    ("primary_devices", "milepost_app", "SELECT, INSERT, DELETE", _OWN),
    ("reprocessings", "milepost_operator", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("reprocessings", "milepost_ingest", "SELECT, UPDATE (devices_done, finished_time)", "true"),
    ("reprocessings", "milepost_app", "SELECT, INSERT", _OWN),
)


def upgrade() -> None:
    """Makes the tables; lets a request change what thresholds were in the past."""
    for statement in (_SQL / "0009_primary_devices.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    for table in ("primary_devices", "reprocessings"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table, role, rights, rows in GRANTS:
        op.execute(f"GRANT {rights} ON {table} TO {role}")
        op.execute(f"CREATE POLICY {role} ON {table} TO {role} USING ({rows}) WITH CHECK ({rows})")
    op.execute("GRANT UPDATE (thresholds) ON former_thresholds TO milepost_app")
