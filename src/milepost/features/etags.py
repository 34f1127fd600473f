"""Entity tags: the version of a row, so that no one overwrites a change they have not seen."""

from typing import Annotated

from litestar.params import HeaderParameter

from milepost.errors import InvalidInput, StaleVersion

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=100,
        description="The `ETag` that the change is based on; without it the change always applies.",
    ),
]


def etag_of(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def check_version(kind: str, version: int, if_match: str | None) -> None:
    """Let the change pass if it is based on this version.

    Raises:
        InvalidInput: the header is not a list of entity tags.
        StaleVersion: someone else changed the entity in the meantime.
    """
    if if_match is None or if_match.strip() == "*":
        return
    tags = [tag.strip() for tag in if_match.split(",")]
    if not all(len(tag) > 1 and tag.endswith('"') for tag in tags):
        raise InvalidInput("If-Match", if_match, "entity tags such as " + etag_of(version))
    if etag_of(version) not in tags:
        raise StaleVersion(kind, came=if_match, current=etag_of(version))
