"""How an additional item becomes a field, a signal or an attribute: what the tables name."""

from collections.abc import Callable

from milepost.protocols.wire.report import Report

Read = Callable[[Report, bytes], None]
"""(report, content of the item). May raise ProtocolError: the item is then kept raw."""


def number(content: bytes, scale: float, offset: float, *, signed: bool) -> float:
    """A big-endian number in its unit; whole if scale and offset are."""
    value = int.from_bytes(content, "big", signed=signed) * scale + offset
    return round(value, 6) if isinstance(value, float) else value


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
        report.attributes[name] = str(int.from_bytes(content, "big"))

    return read


def signal(path: str, scale: float = 1, offset: float = 0, *, signed: bool = False) -> Read:
    """A number that has a path in VSS."""

    def read(report: Report, content: bytes) -> None:
        report.signals[path] = float(number(content, scale, offset, signed=signed))

    return read


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
