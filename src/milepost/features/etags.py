"""Entity tags: the version of a row, so that no one overwrites a change they have not seen.

A tag is `"<version>-<digest>"`. What an answer tells of an entity can change without a change of
the entity: where a vehicle is, when a device was last heard. `If-Match` compares versions alone;
`If-None-Match` compares whole tags.
"""

import re
from hashlib import blake2b
from typing import Annotated

import msgspec
from litestar.params import HeaderParameter

from milepost.errors import InvalidInput, StaleVersion

ANY = "*"
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_TAG}\s*(?:,\s*(?:{_TAG}\s*)?)*")
_DIGEST_BYTES = 8

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=2000,
        description=(
            "The `ETag` that the change is based on, several with commas between them, or `*`; "
            "without it the change always applies."
        ),
    ),
]


def etag_of(version: int, content: object) -> str:
    """The strong entity tag of what an answer tells of a version."""
    digest = blake2b(msgspec.json.encode(content), digest_size=_DIGEST_BYTES)
    return f'"{version}-{digest.hexdigest()}"'


def tags_in(header: str, came: str) -> list[str]:
    """The entity tags of a header, or `*` alone.

    Raises:
        InvalidInput: it is neither.
    """
    if came.strip() == ANY:
        return [ANY]
    if not _TAGS.fullmatch(came):
        raise InvalidInput(header, came, '`*`, or entity tags such as "3-5f0c"')
    return re.findall(_TAG, came)


def same_weakly(one: str, other: str) -> bool:
    """Whether two tags are the same by the weak comparison (RFC 9110, section 8.8.3.2)."""
    return one.removeprefix("W/") == other.removeprefix("W/")


def check_version(kind: str, version: int, if_match: str | None) -> None:
    """Let the change pass if it is based on this version; a weak tag names none.

    Raises:
        InvalidInput: the header is not a list of entity tags.
        StaleVersion: someone else changed the entity in the meantime.
    """
    if if_match is None:
        return
    tags = tags_in("If-Match", if_match)
    versions = [tag.strip('"').partition("-")[0] for tag in tags if tag.startswith('"')]
    if tags != [ANY] and str(version) not in versions:
        raise StaleVersion(kind, came=if_match, current=f'"{version}"')
