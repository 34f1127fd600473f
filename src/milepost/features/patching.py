"""Partial changes: an absent field stays, null clears."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def changed_fields(patch: msgspec.Struct) -> dict[str, Any]:
    """The fields that the caller sent, by their Python names; null counts as sent."""
    return {
        name: value
        for name in patch.__struct_fields__
        if (value := getattr(patch, name)) is not msgspec.UNSET
    }


def patched(entity: T, patch: msgspec.Struct) -> T:
    """The entity with the caller's changes, not stored yet."""
    return msgspec.structs.replace(entity, **changed_fields(patch))
