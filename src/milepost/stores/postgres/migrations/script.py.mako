"""${message}"""

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Changes the schema to revision ${up_revision}."""
    ${upgrades if upgrades else 'raise AssertionError("this revision changes nothing yet")'}
