"""What thresholds were before a change, and where a device was; who drove, entered later."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"

_SQL = Path(__file__).parent.parent / "sql"
_TABLES = ("former_thresholds", "former_installations")
_CURRENT = "(SELECT nullif(current_setting('milepost.tenant_id', true), '')::uuid)"
# Role, its rights, and of which rows.
GRANTS = (
    ("milepost_operator", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("milepost_ingest", "SELECT", "true"),
    ("milepost_app", "SELECT, INSERT", f"tenant_id = {_CURRENT}"),
)


def upgrade() -> None:
    """Makes the tables; lets a request set the driver of its tenant's trips and stops."""
    for statement in (_SQL / "0008_policy.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for role, rights, rows in GRANTS:
            op.execute(f"GRANT {rights} ON {table} TO {role}")
            policy = f"USING ({rows}) WITH CHECK ({rows})"
            op.execute(f"CREATE POLICY {role} ON {table} TO {role} {policy}")
    for journeys in ("trips", "stops"):
        op.execute(f"GRANT UPDATE (driver_id) ON {journeys} TO milepost_app")
