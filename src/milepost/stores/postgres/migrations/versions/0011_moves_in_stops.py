"""What was driven within stays."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"

_SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Adds the columns; stays of before have none until their devices are folded again."""
    op.execute((_SQL / "0011_moves_in_stops.sql").read_text())
