"""Takes secrets out of the bytes that go into the log: what a device shows that it is itself by."""

import re

_MASK = rb"\1***"
_PATTERNS = (
    re.compile(rb"(?i)\b((?:secret|password|token|key)=)[^&\s]*"),
    re.compile(rb'(?i)("(?:secret|password)"\s*:\s*")[^"]*'),
    re.compile(rb"(?i)(\bauthorization:[ \t]*)[^\r\n]*"),
    # Wialon's login: from version 2.0 on the version stands before the identity.
    re.compile(rb"(#L#(?:\d+\.\d+;)?[^;\r\n]*;)[^;\r\n]*"),
)


def masked(data: bytes) -> bytes:
    """The bytes with *** for each secret."""
    for pattern in _PATTERNS:
        data = pattern.sub(_MASK, data)
    return data
