"""Devices whose conclusions could not be written, put aside with the reason."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"

_SQL = Path(__file__).parent.parent / "sql"
_CURRENT = "(SELECT nullif(current_setting('milepost.tenant_id', true), '')::uuid)"

# The processor puts aside and releases; a request may only bring the next try forward.
GRANTS = (
    ("milepost_operator", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("milepost_ingest", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("milepost_app", "SELECT, UPDATE (retry_time)", f"tenant_id = {_CURRENT}"),
)


def upgrade() -> None:
    """Makes the table, and says who may do what with it."""
    for statement in (_SQL / "0003_quarantine.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    op.execute("ALTER TABLE quarantine ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE quarantine FORCE ROW LEVEL SECURITY")
    for role, rights, rows in GRANTS:
        op.execute(f"GRANT {rights} ON quarantine TO {role}")
        op.execute(
            f"CREATE POLICY {role} ON quarantine TO {role} USING ({rows}) WITH CHECK ({rows})"
        )
