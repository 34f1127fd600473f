"""Codes that people read and type once: 120 random bits, kept as a hash."""

import secrets

from milepost.features.tokens import secret_hash

# Crockford's base 32: no I, L, O or U, which are taken for other characters.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_GROUPS = 4
_GROUP_LENGTH = 6


def new_code() -> str:
    """Four groups of six characters, joined by hyphens.

    Source: OWASP ASVS 5.0, 6.5.2: from 112 bits on a standard hash will do.
    """
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def code_hash(code: str) -> bytes:
    """What is kept of a code; case, hyphens, spaces and misread characters make no difference."""
    return secret_hash(code.upper().translate(_MISREAD))
