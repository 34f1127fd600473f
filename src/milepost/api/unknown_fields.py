"""Which fields of a body its type does not know, at every depth."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from msgspec.inspect import (
    CollectionType,
    DictType,
    Metadata,
    StructType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

from milepost.errors import UnknownNames


class _Unknown(msgspec.Struct, frozen=True):
    """A field that an object has and its types do not."""

    path: str
    known: frozenset[str]


def check_fields(kind: type, body: bytes) -> None:
    """Let the body pass unless one of its objects has a field that its type does not have.

    The decoder stops at the first; this names all of them.

    Raises:
        UnknownNames: there is such a field.
        msgspec.DecodeError: the body is not JSON.
    """
    found = list(_unknown(_types(kind), msgspec.json.decode(body), ""))
    if found:
        known = frozenset[str]().union(*(each.known for each in found))
        raise UnknownNames("field", [each.path for each in found], known)


@cache
def _types(kind: type) -> tuple[Type, ...]:
    return tuple(_alternatives(type_info(kind)))


def _alternatives(kind: Type) -> Iterator[Type]:
    match kind:
        case Metadata():
            yield from _alternatives(kind.type)
        case UnionType():
            for each in kind.types:
                yield from _alternatives(each)
        case _:
            yield kind


def _unknown(kinds: tuple[Type, ...], value: Any, path: str) -> Iterator[_Unknown]:
    if isinstance(value, dict):
        structs = [each for each in kinds if isinstance(each, StructType)]
        yield from _in_object(structs, value, path)
        for name, inner in value.items():
            yield from _unknown(_under(kinds, name), inner, f"{path}{name}.")
    elif isinstance(value, list):
        inside = tuple(_of_items(kinds))
        for inner in value if inside else ():
            yield from _unknown(inside, inner, path)


def _in_object(structs: list[StructType], value: dict[str, Any], path: str) -> Iterator[_Unknown]:
    if not any(each.cls.__struct_config__.forbid_unknown_fields for each in structs):
        return
    known = frozenset(field.encode_name for each in structs for field in each.fields)
    tags = frozenset(each.tag_field for each in structs if each.tag_field)
    for name in value:
        if name not in known | tags:
            yield _Unknown(path + name, known | tags)


def _under(kinds: tuple[Type, ...], name: str) -> tuple[Type, ...]:
    found: list[Type] = []
    for each in kinds:
        if isinstance(each, StructType):
            fields = [field.type for field in each.fields if field.encode_name == name]
            found += [inner for field in fields for inner in _alternatives(field)]
        elif isinstance(each, DictType):
            found += _alternatives(each.value_type)
    return tuple(found)


def _of_items(kinds: tuple[Type, ...]) -> Iterator[Type]:
    for each in kinds:
        if isinstance(each, CollectionType | VarTupleType):
            yield from _alternatives(each.item_type)
