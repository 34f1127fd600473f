"""What a device may call itself: one rule for the wire and for whoever registers it."""

import re

MOST_IDENTITY_CHARS = 128

# Neither blank nor control nor format character (they hide or turn text), half surrogate nor
# private use: PostgreSQL has no NUL and UTF-8 no half surrogate, and people have to read it.
_VISIBLE = (
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\ud800-\uf8ff\ufeff\ufff0-\uffff]"
)
# Python's `$` also matches before a last line end; the lookahead rules that out.
IDENTITY_PATTERN = rf"^{_VISIBLE}( *{_VISIBLE})*$(?!\n)"
"""Visible characters with blanks between them at most; for `re.search` and for JSON Schema."""

_MATCH = re.compile(IDENTITY_PATTERN).match


def is_identity(text: str) -> bool:
    """Whether a device may call itself so."""
    if not 0 < len(text) <= MOST_IDENTITY_CHARS:
        return False
    # IMEIs and the like: the pattern takes six times as long to say the same.
    if text.isascii() and text.isprintable() and " " not in text:
        return True
    return _MATCH(text) is not None
