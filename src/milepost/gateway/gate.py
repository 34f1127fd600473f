"""The gate between codec and core: every message of every protocol passes it before anything else.

Behind it nobody needs to doubt a value. It is pure: no socket, no clock, no logger. A message that
is sound comes out as the same object.
"""

from operator import is_not

from msgspec.structs import astuple, replace

from milepost.domain.identity import MOST_IDENTITY_CHARS, is_identity
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.gateway.repairs import repaired_message, repaired_position
from milepost.gateway.rounding import rounded
from milepost.gateway.soundness import POSITION_SHAPE, fits, is_plain

_FIELDS = Position.__struct_fields__
_LATITUDE, _LONGITUDE = _FIELDS.index("latitude_deg"), _FIELDS.index("longitude_deg")
_EVENT_CODES = _FIELDS.index("event_codes")
_SIGNALS, _ATTRIBUTES = _FIELDS.index("signals"), _FIELDS.index("attributes")

_NOTHING_SAID = (None, None, None)


class Gate:
    """The gate for one protocol; `refused` gets the name of each field whose value was refused."""

    __slots__ = ("_protocol", "refused")

    def __init__(self, protocol: str) -> None:
        self._protocol = protocol
        self.refused: list[str] = []

    def check(self, message: Message) -> Message:
        """The message as the core may have it.

        A value that cannot be is left out, and stays as text in the attribute `refused:FIELD`. A
        place of which one half cannot be is none.

        Raises:
            ProtocolError: no device may call itself so; nothing of the message is to be used.
        """
        unique_id = message.unique_id
        if unique_id is not None and not is_identity(unique_id):
            raise ProtocolError(self._protocol, _not_an_identity(unique_id))
        positions = message.positions
        sound = [check_position(position, self.refused) for position in positions]
        if any(map(is_not, sound, positions)):
            message = replace(message, positions=tuple(sound))
        said = (message.text, message.reference, message.accepted)
        if said == _NOTHING_SAID and not message.attributes:
            return message
        return repaired_message(message, self.refused)


def check_position(position: Position, refused: list[str]) -> Position:
    """The position as the core may have it; the same object if it is sound and rounded."""
    if not _is_sound(position):
        position = repaired_position(position, refused)
    return rounded(position)


def _is_sound(position: Position) -> bool:
    values = astuple(position)
    if not fits(values, POSITION_SHAPE):
        return False
    if (values[_LATITUDE] is None) is not (values[_LONGITUDE] is None):
        return False
    attributes = values[_ATTRIBUTES]
    words = (*attributes, *attributes.values(), *values[_SIGNALS], *values[_EVENT_CODES])
    return not words or is_plain("".join(words))


def _not_an_identity(unique_id: str) -> str:
    came = ascii(unique_id[: MOST_IDENTITY_CHARS + 1])
    return (
        f"the identity must be 1 to {MOST_IDENTITY_CHARS} visible characters"
        f" (got {came}, {len(unique_id)} characters)"
    )
