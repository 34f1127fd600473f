"""Secrets do not stand in the audit: it says that they were changed, not what they are."""

import re
from typing import Any

HIDDEN = "(hidden)"
_SECRET = re.compile(r"password|secret|token|(^|_)(hash|pin)($|_)", re.IGNORECASE)


def without_secrets(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """The values with `(hidden)` for what is called a password, a secret or a token."""
    if values is None:
        return None
    return {name: _shown(name, value) for name, value in values.items()}


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return without_secrets(value)
    return HIDDEN if value is not None and _SECRET.search(name) else value
