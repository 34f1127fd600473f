"""Signals of a customer's own: a DBC file says where they are, a mapping file what they are in VSS.

A message of a J1939 file stands for its parameter group, whoever sends it and at what priority. A
message that is longer than eight bytes under an identifier of 11 bits is one of ISO-TP; its layout
begins with the length byte, as DBC files for OBD-II have it.

Source: CSS Electronics' and Vector's use of DBC files; SAE J1939-71 for values not available.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import cantools.database
import msgspec
from cantools.database.can import Database, Message, Signal
from cantools.database.errors import DecodeError, UnsupportedDatabaseFormatError
from cantools.database.errors import Error as CantoolsError

from milepost.errors import InvalidInput
from milepost.vehiclebus import spn, vss
from milepost.vehiclebus.j1939 import parse_id
from milepost.vehiclebus.reading import Reading

_FRAME_BYTES = 8
# DBC files of J1939 give a message the source address FE: nobody's, so anybody's.
_ANY_SOURCE = 0xFE


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a signal goes: value × scale + offset under a VSS path, in VSS's unit.

    `valid` names a signal of the same message that must not be 0.
    """

    path: str
    scale: float = 1.0
    offset: float = 0.0
    valid: str | None = None


class _MapFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signals: dict[str, Target]


def read_map(text: str) -> Mapping[str, Target]:
    """A mapping file: TOML, `[signals]`, `"message.signal" = { path = …, scale = … }`.

    Raises:
        InvalidInput: it is no TOML, has unknown keys, or names a path that VSS does not have.
    """
    try:
        targets = msgspec.convert(tomllib.loads(text), _MapFile).signals
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        allowed = f"TOML with a table `signals` ({error})"
        raise InvalidInput("mapping file", text[:40], allowed) from error
    for signal, target in targets.items():
        if target.path not in vss.PATHS:
            raise InvalidInput(f"mapping of {signal}", target.path, "a path of VSS 6.0")
    return targets


class _Layout(NamedTuple):
    """A message, and for each of its signals whether J1939's "not available" holds."""

    message: Message
    is_j1939: bool


class SignalFile:
    """The messages of a DBC file, by identifier.

    Args:
        text: the file's content.
        targets: see `read_map`.

    Raises:
        InvalidInput: it is no DBC file, or the mapping names a signal that it has not.
    """

    def __init__(self, text: str, targets: Mapping[str, Target] | None = None) -> None:
        database = _load(text)
        self._targets = dict(targets or {})
        self._by_id: dict[tuple[int, bool], _Layout] = {}
        self._by_pgn: dict[int, _Layout] = {}
        for message in database.messages:
            self._add(message)
        self._check_targets(database)

    @property
    def isotp_ids(self) -> frozenset[int]:
        """The identifiers of 11 bits whose messages do not fit into a frame."""
        return frozenset(
            can_id
            for (can_id, is_extended), layout in self._by_id.items()
            if not is_extended and layout.message.length > _FRAME_BYTES
        )

    def name_of(self, can_id: int, *, is_extended: bool) -> str | None:
        """A message's name."""
        layout = self._layout(can_id, is_extended=is_extended)
        return None if layout is None else layout.message.name

    def read(self, can_id: int, data: bytes, *, is_extended: bool) -> tuple[Reading, ...]:
        """The signals of a message; nothing if the file does not have it.

        Signals beyond the end of the data are left out, and so are all signals of a multiplexed
        message whose selector has a value that the file does not describe.
        """
        layout = self._layout(can_id, is_extended=is_extended)
        if layout is None:
            return ()
        try:
            raw = layout.message.decode_simple(
                data, decode_choices=False, scaling=False, allow_truncated=True
            )
        except DecodeError:
            return ()
        numbers = {name: value for name, value in raw.items() if isinstance(value, int | float)}
        return tuple(self._readings(layout, numbers))

    def _layout(self, can_id: int, *, is_extended: bool) -> _Layout | None:
        layout = self._by_id.get((can_id, is_extended))
        if layout is None and is_extended:
            return self._by_pgn.get(parse_id(can_id).pgn)
        return layout

    def _add(self, message: Message) -> None:
        is_j1939 = message.is_extended_frame and (
            message.protocol == "j1939" or message.frame_id & 0xFF == _ANY_SOURCE
        )
        layout = _Layout(message, is_j1939)
        self._by_id[message.frame_id, message.is_extended_frame] = layout
        if is_j1939:
            self._by_pgn[parse_id(message.frame_id).pgn] = layout

    def _readings(self, layout: _Layout, raw: Mapping[str, float]) -> Iterator[Reading]:
        for name, value in raw.items():
            signal = layout.message.get_signal_by_name(name)
            full_name = f"{layout.message.name}.{name}"
            if layout.is_j1939 and _is_unavailable(signal, value):
                yield self._reading(full_name, signal, None, is_valid=False)
                continue
            target = self._targets.get(full_name)
            is_valid = target is None or target.valid is None or bool(raw.get(target.valid))
            yield self._reading(full_name, signal, value, is_valid=is_valid)

    def _reading(self, name: str, signal: Signal, raw: float | None, *, is_valid: bool) -> Reading:
        target = self._targets.get(name)
        unit = signal.unit or ""
        value = None if raw is None else _scaled(signal, raw)
        text = None if raw is None else _choice(signal, raw)
        if target is None:
            return Reading("DBC", name, value, unit, text=text)
        if value is not None:
            value = value * target.scale + target.offset if is_valid else None
        return Reading("DBC", name, value, vss.PATHS[target.path].unit, target.path, text=text)

    def _check_targets(self, database: Database) -> None:
        names = {
            f"{message.name}.{signal.name}"
            for message in database.messages
            for signal in message.signals
        }
        for name, target in self._targets.items():
            needed = [name]
            if target.valid is not None:
                needed.append(f"{name.partition('.')[0]}.{target.valid}")
            for one in needed:
                if one not in names:
                    raise InvalidInput("mapping file", one, "a signal of the DBC file")


def _load(text: str) -> Database:
    try:
        database = cantools.database.load_string(text, database_format="dbc")
    except (CantoolsError, UnsupportedDatabaseFormatError, ValueError) as error:
        raise InvalidInput("DBC file", text[:40], f"a valid one ({error})") from error
    if not isinstance(database, Database):
        raise InvalidInput("DBC file", text[:40], "one of CAN messages")
    return database


def _scaled(signal: Signal, raw: float) -> float:
    value = signal.conversion.raw_to_scaled(raw, decode_choices=False)
    return float(value) if isinstance(value, int | float) else float(raw)


def _choice(signal: Signal, raw: float) -> str | None:
    choice = None if signal.choices is None else signal.choices.get(int(raw))
    return None if choice is None else str(choice)


def _is_unavailable(signal: Signal, raw: float) -> bool:
    if signal.is_float or signal.is_signed or not isinstance(raw, int):
        return False
    return not spn.is_available(raw, signal.length)
