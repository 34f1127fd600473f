"""What people said that odometers show, by time."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"

_SQL = Path(__file__).parent.parent / "sql"
_CURRENT = "(SELECT nullif(current_setting('milepost.tenant_id', true), '')::uuid)"
# Role, its rights, and on which rows.
GRANTS = (
    ("milepost_operator", "SELECT, INSERT, UPDATE, DELETE", "true"),
    ("milepost_ingest", "SELECT", "true"),
    ("milepost_app", "SELECT, INSERT, UPDATE", f"tenant_id = {_CURRENT}"),
)


def upgrade() -> None:
    """Makes the table; an odometer that was entered goes on from now."""
    for statement in (_SQL / "0012_odometer_settings.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute("ALTER TABLE odometer_settings ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE odometer_settings FORCE ROW LEVEL SECURITY")
    for role, rights, rows in GRANTS:
        op.execute(f"GRANT {rights} ON odometer_settings TO {role}")
        op.execute(
            f"CREATE POLICY {role} ON odometer_settings TO {role}"
            f" USING ({rows}) WITH CHECK ({rows})"
        )
