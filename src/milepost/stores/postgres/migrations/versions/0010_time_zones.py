"""The time zone in which a tenant's days begin."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

_SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Adds the column; days are those of UTC until an administrator says otherwise."""
    op.execute((_SQL / "0010_time_zones.sql").read_text())
    op.execute("GRANT UPDATE (time_zone) ON tenants TO milepost_app")
