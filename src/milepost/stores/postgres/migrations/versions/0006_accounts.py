"""Sessions, second factors, one-time codes for a new password; what each part may do with them."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"

_SQL = Path(__file__).parent.parent / "sql"
_TABLES = ("password_resets", "second_factors", "recovery_codes", "sessions")
_ALL = "SELECT, INSERT, UPDATE, DELETE"
_CURRENT = "(SELECT nullif(current_setting('milepost.tenant_id', true), '')::uuid)"

# Sign-in and the pages of one's own account work in all tenants of an account, so both act as
# `milepost_identity`; the audit takes entries about people from it, and shows it none of them.
GRANTS = (
    *(("milepost_operator", table, _ALL, "true") for table in _TABLES),
    *(("milepost_identity", table, _ALL, "true") for table in _TABLES),
    ("milepost_app", "sessions", "SELECT, UPDATE (ended_at)", f"tenant_id = {_CURRENT}"),
)

# A tenant sees which of its members have a second factor. Only the tenant that made an account
# takes the factor away or makes a code for a new password. No request reads a secret or a hash.
_MEMBER = f"SELECT FROM memberships m WHERE m.user_id = {{}}.user_id AND m.tenant_id = {_CURRENT}"
_HOME = f"SELECT FROM users u WHERE u.id = {{}}.user_id AND u.home_tenant_id = {_CURRENT}"

# What was signed in before goes on, as long as its newest token would have let it.
_KEEP_SESSIONS = """
INSERT INTO sessions
  (id, tenant_id, user_id, created_at, last_used_time, expires_at, address, user_agent)
SELECT family_id, tenant_id, user_id, min(created_at), max(created_at), max(expires_at), '', ''
FROM refresh_tokens
GROUP BY family_id, tenant_id, user_id
HAVING bool_and(revoked_at IS NULL)
"""


def upgrade() -> None:
    """Makes the tables and columns, says who may do what, keeps the sessions that are open."""
    for statement in (_SQL / "0006_accounts.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))
    _keep_sessions()
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for role, table, rights, rows in GRANTS:
        op.execute(f"GRANT {rights} ON {table} TO {role}")
        op.execute(f"CREATE POLICY {role} ON {table} TO {role} USING ({rows}) WITH CHECK ({rows})")
    _admit_administrators()
    _admit_identity()


def _keep_sessions() -> None:
    """Row-level security is forced on the owner, who would find no token to keep.

    The session says from now on whether its tokens are good.
    """
    op.execute("ALTER TABLE refresh_tokens NO FORCE ROW LEVEL SECURITY")
    op.execute(_KEEP_SESSIONS)
    op.execute("ALTER TABLE refresh_tokens DROP COLUMN revoked_at")
    op.execute("ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY")


def _admit_administrators() -> None:
    app = "milepost_app"
    op.execute(f"GRANT UPDATE (second_factor_required) ON tenants TO {app}")
    op.execute(f"GRANT SELECT (signed_out_at) ON users TO {app}")
    op.execute(f"GRANT SELECT (user_id, confirmed_at), DELETE ON second_factors TO {app}")
    for command, rows in (("SELECT", _MEMBER), ("DELETE", _HOME)):
        op.execute(
            f"CREATE POLICY {app}_{command.lower()} ON second_factors FOR {command} TO {app}"
            f" USING (EXISTS ({rows.format('second_factors')}))"
        )
    op.execute(f"GRANT SELECT (user_id), INSERT, DELETE ON password_resets TO {app}")
    home = _HOME.format("password_resets")
    op.execute(
        f"CREATE POLICY {app} ON password_resets TO {app}"
        f" USING (EXISTS ({home})) WITH CHECK (EXISTS ({home}))"
    )


def _admit_identity() -> None:
    identity = "milepost_identity"
    op.execute(f"GRANT UPDATE (signed_out_at) ON users TO {identity}")
    op.execute(
        f"CREATE POLICY {identity}_accounts ON audit_entries FOR INSERT TO {identity}"
        " WITH CHECK (kind IN ('user', 'session'))"
    )
