"""What thresholds were before a change; who drove, entered after the fact."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"

_SQL = Path(__file__).parent.parent / "sql"
_TABLE = "former_thresholds"
_CURRENT = "(SELECT nullif(current_setting('milepost.tenant_id', true), '')::uuid)"
# Role, its rights, and of which rows.
GRANTS = (
    ("milepost_operator", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("milepost_ingest", "SELECT", "true"),
    ("milepost_app", "SELECT, INSERT", f"tenant_id = {_CURRENT}"),
)


def upgrade() -> None:
    """Makes the table; lets a request set the driver of its tenant's trips and stops."""
    for statement in (_SQL / "0008_policy.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    op.execute(f"ALTER TABLE {_TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {_TABLE} FORCE ROW LEVEL SECURITY")
    for role, rights, rows in GRANTS:
        op.execute(f"GRANT {rights} ON {_TABLE} TO {role}")
        op.execute(f"CREATE POLICY {role} ON {_TABLE} TO {role} USING ({rows}) WITH CHECK ({rows})")
    for journeys in ("trips", "stops"):
        op.execute(f"GRANT UPDATE (driver_id) ON {journeys} TO milepost_app")
