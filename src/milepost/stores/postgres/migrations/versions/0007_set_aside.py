"""Positions that ClickHouse does not take."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0007"
down_revision = "0006"

_SQL = Path(__file__).parent.parent / "sql"
_TABLE = "set_aside_positions"
GRANTS = {
    "milepost_operator": "SELECT, INSERT, UPDATE, DELETE",
    "milepost_ingest": "SELECT, INSERT, DELETE",
}


def upgrade() -> None:
    """Makes the table; the processor fills it, nobody who sends a request sees it."""
    for statement in (_SQL / "0007_set_aside.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    op.execute(f"ALTER TABLE {_TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {_TABLE} FORCE ROW LEVEL SECURITY")
    for role, rights in GRANTS.items():
        op.execute(f"GRANT {rights} ON {_TABLE} TO {role}")
        op.execute(f"CREATE POLICY {role} ON {_TABLE} TO {role} USING (true) WITH CHECK (true)")
