"""What trackers hand on of the vehicle's buses, read by the tables of `vehiclebus`, into a report.

Source: SAE J1979 (OBD-II), SAE J1939-71 and -73; see `milepost.vehiclebus`.
"""

from collections.abc import Iterable, Mapping, Sequence

from milepost.errors import ProtocolError
from milepost.protocols.wire.elements import Put, field, signal
from milepost.protocols.wire.report import FIELD_TYPES, Report
from milepost.vehiclebus import j1939, obd
from milepost.vehiclebus.pid import Part, Pid
from milepost.vehiclebus.reading import Reading

_OF_THE_TRACKER = frozenset(
    {"latitude_deg", "longitude_deg", "altitude_m", "speed_kmh", "course_deg", "battery_v"}
)
"""Fields of a position that only the tracker's own measurement may fill; the bus's is a signal."""

_CODES = "Vehicle.Diagnostics.DTCList"
_CODE_MODES = frozenset({obd.STORED_CODES, obd.PENDING_CODES, obd.PERMANENT_CODES})
_READ_MODES = _CODE_MODES | {obd.IDENTITY}
_TEXTS = {"Vehicle.VehicleIdentification.VIN": "vin"}
"""Paths of texts, which are attributes."""


def note_readings(report: Report, readings: Iterable[Reading]) -> None:
    """A field, else a signal, else an attribute `spn:174`; what is not available is left out."""
    for reading in readings:
        if not _is_placed(report, reading) and (reading.value is not None or reading.text):
            said = reading.value if reading.value is not None else reading.text or ""
            report.note(reading.identity.lower().replace(" ", ":"), said)


def _is_placed(report: Report, reading: Reading) -> bool:
    """Put a reading where it belongs, if there is such a place."""
    if reading.value is None:
        return _is_text_placed(report, reading)
    if reading.field and reading.field not in _OF_THE_TRACKER:
        # A bus says switches as 0 and 1.
        report.fields[reading.field] = FIELD_TYPES[reading.field](reading.value)
    elif reading.path:
        report.signals[reading.path] = float(reading.value)
    else:
        return False
    return True


def _is_text_placed(report: Report, reading: Reading) -> bool:
    if reading.text and reading.path == _CODES:
        note_codes(report, (reading.text.partition(":")[0],))
    elif reading.text and reading.path in _TEXTS:
        report.attributes[_TEXTS[reading.path]] = reading.text
    else:
        return False
    return True


def note_codes(report: Report, codes: Sequence[str]) -> None:
    """Trouble codes such as `P0171`, beside those that the report has, and their number."""
    known = report.attributes.get("dtcs", "").split(",")
    told = dict.fromkeys(code for code in (*known, *codes) if code)
    if told:
        report.attributes["dtcs"] = ",".join(told)
    report.signals["Vehicle.Diagnostics.DTCCount"] = float(len(told))


def put_pid(pid: int, scale: float = 1, *, signed_bits: int = 0) -> Put:
    """The writer of a parameter whose value a device gives in a unit of its own.

    Args:
        pid: a parameter of mode 01 that holds one quantity.
        scale: what makes of the device's number one in the unit of the tables.
        signed_bits: how many bits a number with a sign has; 0 for one without.
    """
    (part,) = obd.PIDS[pid].parts
    return _put(part, scale, 0, signed_bits)


def _put(part: Part, scale: float, offset: float, signed_bits: int) -> Put:
    if part.field and part.field not in _OF_THE_TRACKER:
        return field(part.field, scale, offset, signed_bits=signed_bits)
    path = (part.path or "").removeprefix("Vehicle.")
    return signal(path, scale, offset, signed_bits=signed_bits)


def _is_plain(layout: Pid) -> bool:
    """Whether all its bytes are one number that has a place."""
    part = layout.parts[0]
    is_whole = len(layout.parts) == 1 and part.size == layout.size and not part.bits
    return is_whole and part.guard is part.absent is None and bool(part.path or part.field)


_PLAIN: Mapping[int, tuple[int, Put]] = {
    pid: (part.size, _put(part, part.scale, part.offset, 8 * part.size if part.signed else 0))
    for pid, layout in obd.PIDS.items()
    if _is_plain(layout)
    for part in layout.parts
}
"""PID -> bytes and writer. Trackers send mostly these, and a reading costs more than its value."""


def read_pid(pid: int, data: bytes, report: Report) -> None:
    """A parameter of mode 01; one with parts that have no place is kept in hex as `pid:2f`."""
    plain = _PLAIN.get(pid)
    if plain is not None and len(data) >= plain[0]:
        plain[1](report, int.from_bytes(data[: plain[0]], "big"))
    elif not _is_pid_placed(pid, data, report):
        report.note(f"pid:{pid:02x}", data.hex())


def _is_pid_placed(pid: int, data: bytes, report: Report) -> bool:
    try:
        readings = obd.read_pid(obd.CURRENT_DATA, pid, data)
    except ProtocolError:
        return False
    placed = [_is_placed(report, reading) for reading in readings]
    return bool(placed) and all(placed)


def read_answer(mode: int, data: bytes, report: Report) -> None:
    """An answer that says what is now; others, such as freeze frames, stay as `obd:02` in hex.

    Args:
        mode: what was asked, 01 to 0A.
        data: what follows the mode in the answer.
        report: what it goes into.
    """
    if mode == obd.CURRENT_DATA and data:
        read_pid(data[0], data[1:], report)
    elif mode not in _READ_MODES or not _is_answer_read(mode, data, report):
        report.note(f"obd:{mode:02x}", data.hex())


def _is_answer_read(mode: int, data: bytes, report: Report) -> bool:
    try:
        readings = obd.read_answer(bytes((obd.POSITIVE | mode,)) + data)
    except ProtocolError:
        return False
    if mode in _CODE_MODES:
        note_codes(report, [reading.text for reading in readings if reading.text])
        return True
    placed = [_is_placed(report, reading) for reading in readings]
    return bool(placed) and all(placed)


def read_group(pgn: int, data: bytes, report: Report) -> None:
    """A parameter group of J1939; an unknown one is kept as `pgn:0fef1` in hex."""
    try:
        readings = j1939.read_pgn(pgn, data)
    except ProtocolError:
        readings = ()
    if readings:
        note_readings(report, readings)
    else:
        report.note(f"pgn:{pgn:05x}", data.hex())
