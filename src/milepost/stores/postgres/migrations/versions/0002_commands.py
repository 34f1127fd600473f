"""Commands for devices with the history of their states, and settings of devices."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"

_SQL = Path(__file__).parent.parent / "sql"
_CURRENT = "(SELECT nullif(current_setting('milepost.tenant_id', true), '')::uuid)"
_OWN = f"tenant_id = {_CURRENT}"

# Nobody but the operator removes a command or rewrites its history. A request makes commands and
# takes them back; what becomes of them the processor writes.
GRANTS = (
    ("milepost_operator", "commands", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("milepost_operator", "command_steps", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("milepost_app", "commands", "SELECT, INSERT, UPDATE (state, reason, updated_at)", _OWN),
    ("milepost_app", "command_steps", "SELECT, INSERT", _OWN),
    (
        "milepost_ingest",
        "commands",
        "SELECT, UPDATE (state, reason, reply, attempts, sent_time, updated_at)",
        "true",
    ),
    ("milepost_ingest", "command_steps", "SELECT, INSERT", "true"),
)


def upgrade() -> None:
    """Makes the tables and columns, and says who may do what with them."""
    for statement in (_SQL / "0002_commands.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    for table in ("commands", "command_steps"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for role, table, rights, rows in GRANTS:
        op.execute(f"GRANT {rights} ON {table} TO {role}")
        op.execute(f"CREATE POLICY {role} ON {table} TO {role} USING ({rows}) WITH CHECK ({rows})")
    op.execute("GRANT UPDATE (last_protocol) ON devices TO milepost_ingest")
