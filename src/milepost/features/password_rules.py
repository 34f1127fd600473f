"""Which passwords are taken: long enough, not known to everybody, not made of the own name.

Any characters are allowed, and none are asked for.
Source: OWASP ASVS 5.0, 6.2.1 to 6.2.12; NIST SP 800-63B, 3.1.1.2.
"""

import re
from collections.abc import Iterable
from functools import cache

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from milepost.errors import UnsafePassword

MIN_LENGTH = 8
MAX_LENGTH = 200
MIN_DIFFERENT = 4
# What must be left of a password once the own words are taken out of it.
MIN_OWN = 4
_PRODUCT = "milepost"
_SHORTEST_WORD = 3


def check_password(password: str, words: Iterable[str]) -> None:
    """Let a password pass that is to be set, or say what is wrong with it.

    Args:
        password: as it was typed.
        words: what everybody can know of the person: e-mail address, names, tenant.

    Raises:
        UnsafePassword: it breaks one of the rules.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise UnsafePassword(f"have {MIN_LENGTH} to {MAX_LENGTH} characters (got {len(password)})")
    if not password.strip():
        raise UnsafePassword("not be blank")
    different = len(set(password.casefold()))
    if different < MIN_DIFFERENT:
        raise UnsafePassword(f"have {MIN_DIFFERENT} different characters (got {different})")
    if password.casefold() in _known():
        raise UnsafePassword("not be on the list of known passwords; others use this one, too")
    if len(_without(password, words)) < MIN_OWN:
        raise UnsafePassword("be more than an e-mail address or a name that others know")


@cache
def _known() -> frozenset[str]:
    """The 30,000 most frequent passwords of public breaches, as zxcvbn brings them."""
    return frozenset(FREQUENCY_LISTS["passwords"])


def _without(password: str, words: Iterable[str]) -> str:
    """What is left in small letters and digits once the words, the longest first, are cut out."""
    rest = _bare(password)
    parts = {part for word in (*words, _PRODUCT) for part in (_bare(word), *_parts(word))}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST_WORD:
            rest = rest.replace(part, "")
    return rest


def _parts(word: str) -> list[str]:
    return [_bare(part) for part in re.split(r"[\W_]+", word)]


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
