"""Who may speak for a device; an identity is claimed by tenants and proven by the first contact."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0004"
down_revision = "0003"

_SQL = Path(__file__).parent.parent / "sql"
_INGEST_COLUMNS = "proven_time, lost_time, last_refused_time, last_refusal"

# A request sees its own tenant's devices alone, and still has to be told that an identity is
# another's already. The function says that much and nothing else: it looks as the processor does.
_IS_PROVEN = """
    CREATE FUNCTION identity_is_proven(wanted TEXT) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
    AS $$ SELECT EXISTS (
      SELECT FROM devices WHERE unique_id = wanted AND proven_time IS NOT NULL
    ) $$
"""


def upgrade() -> None:
    """Adds the columns; devices that have called are proven, the others begin to wait now."""
    # Under row-level security that is forced, the owner too changes what a policy shows.
    op.execute("ALTER TABLE devices NO FORCE ROW LEVEL SECURITY")
    for statement in (_SQL / "0004_identities.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    op.execute("ALTER TABLE devices FORCE ROW LEVEL SECURITY")
    op.execute(f"GRANT UPDATE ({_INGEST_COLUMNS}) ON devices TO milepost_ingest")
    op.execute("GRANT INSERT ON audit_entries TO milepost_ingest")
    op.execute(
        "CREATE POLICY milepost_ingest ON audit_entries TO milepost_ingest WITH CHECK (true)"
    )
    op.execute(_IS_PROVEN)
    _give_to_ingest("identity_is_proven(TEXT)")


def _give_to_ingest(function: str) -> None:
    """Whoever owns the function is whom it looks as; the new owner needs CREATE for a moment."""
    schema = "EXECUTE format('{} CREATE ON SCHEMA %I {} milepost_ingest', current_schema())"
    op.execute(f"DO $$ BEGIN {schema.format('GRANT', 'TO')}; END $$")
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO milepost_app, milepost_operator")
    op.execute(f"ALTER FUNCTION {function} OWNER TO milepost_ingest")
    op.execute(f"DO $$ BEGIN {schema.format('REVOKE', 'FROM')}; END $$")
