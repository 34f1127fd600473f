"""Owners of API keys, the journal of sign-ins, and from where accounts have signed in."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"

_SQL = Path(__file__).parent.parent / "sql"
_ALL = "SELECT, INSERT, UPDATE, DELETE"

# Sign-in adds and removes its own entries of the audit, and sees no others.
GRANTS = (
    ("milepost_operator", "familiar_addresses", _ALL, "true"),
    ("milepost_identity", "familiar_addresses", _ALL, "true"),
    ("milepost_identity", "audit_entries", "SELECT, INSERT, DELETE", "kind = 'sign_in'"),
)


def upgrade() -> None:
    """Makes the columns and the table, and says who may do what with them."""
    # Row-level security is forced on the owner, too: the old keys are given their owners without.
    op.execute("ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE memberships NO FORCE ROW LEVEL SECURITY")
    for statement in (_SQL / "0005_access.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    op.execute("ALTER TABLE api_keys FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE memberships FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE familiar_addresses ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE familiar_addresses FORCE ROW LEVEL SECURITY")
    for role, table, rights, rows in GRANTS:
        op.execute(f"GRANT {rights} ON {table} TO {role}")
        op.execute(f"CREATE POLICY {role} ON {table} TO {role} USING ({rows}) WITH CHECK ({rows})")
