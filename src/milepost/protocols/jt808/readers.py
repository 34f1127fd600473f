"""How an additional item becomes a field, a signal or an attribute: what the tables name."""

from collections.abc import Callable

from milepost.errors import ProtocolError
from milepost.protocols.jt808.frames import PROTOCOL_NAME
from milepost.protocols.wire.report import Report

_LONGEST_NUMBER_BYTES = 8
Read = Callable[[Report, bytes], None]
"""(report, content of the item). May raise ProtocolError: the item is then kept raw."""


def number(content: bytes, scale: float, offset: float, *, signed: bool) -> float:
    """A big-endian number in its unit; whole if scale and offset are.

    Raises:
        ProtocolError: more than eight bytes are no number.
    """
    if len(content) > _LONGEST_NUMBER_BYTES:
        raise ProtocolError(PROTOCOL_NAME, f"a number of {len(content)} bytes")
    value = int.from_bytes(content, "big", signed=signed)
    if scale == 1:
        return value + offset
    return round(value * scale + offset, 6)


def field(name: str, scale: float = 1, offset: float = 0, *, signed: bool = False) -> Read:
    """A number that is a field of the position."""

    def read(report: Report, content: bytes) -> None:
        report.fields[name] = number(content, scale, offset, signed=signed)

    return read


def note(name: str, scale: float = 1, offset: float = 0, *, signed: bool = False) -> Read:
    """A number that is an attribute."""

    if scale == 1 and offset == 0 and not signed:
        return _plain_note(name)

    def read(report: Report, content: bytes) -> None:
        report.note(name, number(content, scale, offset, signed=signed))

    return read


def _plain_note(name: str) -> Read:
    def read(report: Report, content: bytes) -> None:
        report.attributes[name] = str(number(content, 1, 0, signed=False))

    return read


def signal(path: str, scale: float = 1, offset: float = 0, *, signed: bool = False) -> Read:
    """A number that has a path in VSS."""

    def read(report: Report, content: bytes) -> None:
        report.signals[path] = float(number(content, scale, offset, signed=signed))

    return read


def read_or_keep(read: Read | None, report: Report, content: bytes, name: str) -> None:
    """Read an item; if nothing reads it, or it has another form, keep it in hex under `name`."""
    try:
        if read is not None:
            read(report, content)
            return
    except ProtocolError:
        pass
    report.attributes[name] = content.hex()


def flag(name: str) -> Read:
    """A number that is true unless it is 0."""

    def read(report: Report, content: bytes) -> None:
        report.attributes[name] = "true" if any(content) else "false"

    return read


def text(name: str) -> Read:
    """A text, filled up with zeros or not; zeros alone are none."""

    def read(report: Report, content: bytes) -> None:
        value = text_of(content)
        if value.strip("0"):
            report.attributes[name] = value

    return read


def digits(name: str) -> Read:
    """Packed digits with F behind them, such as a SIM card's number; zeros alone are none."""

    def read(report: Report, content: bytes) -> None:
        value = content.hex().rstrip("f")
        if value.strip("0"):
            report.attributes[name] = value

    return read


def text_of(content: bytes) -> str:
    """A text in the standard's encoding (GBK), or hex where it is not printable."""
    stripped = content.strip(b"\0 \r\n")
    value = stripped.decode("gb18030", "replace")
    return value if value.isprintable() and "\ufffd" not in value else stripped.hex()
