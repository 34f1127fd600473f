"""OBD-II answers: parameters, freeze frames, trouble codes, identification.

An answer begins with the mode plus 0x40. `read_answer` takes a whole one, as ISO-TP delivers it;
`read_pid` takes the bytes of one parameter, as many trackers hand them on.

Source: SAE J1979 (ISO 15031-5), sections 6 and 7.
"""

from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.vehiclebus import obd_identity, obd_tests
from milepost.vehiclebus.dtc import code_of, codes_in
from milepost.vehiclebus.obd_pids import PIDS as _EARLY
from milepost.vehiclebus.obd_pids_late import PIDS as _LATE
from milepost.vehiclebus.obd_pids_late import RAW_SIZES
from milepost.vehiclebus.pid import PROTOCOL, Pid, read
from milepost.vehiclebus.reading import Reading

POSITIVE = 0x40
CURRENT_DATA = 0x01
FREEZE_FRAME = 0x02
STORED_CODES = 0x03
CLEAR_CODES = 0x04
OXYGEN_TESTS = 0x05
MONITOR_TESTS = 0x06
PENDING_CODES = 0x07
IDENTITY = 0x09
PERMANENT_CODES = 0x0A

FREEZE_CODE = 0x02
PIDS: Mapping[int, Pid] = {**_EARLY, **_LATE}

_CODE_KINDS = {
    STORED_CODES: "stored trouble code",
    PENDING_CODES: "pending trouble code",
    PERMANENT_CODES: "permanent trouble code",
}


def size_of(pid: int) -> int | None:
    """How many bytes a parameter of modes 01 and 02 has; None if it is unknown."""
    if pid % 0x20 == 0:
        return 4
    if pid == FREEZE_CODE:
        return 2
    layout = PIDS.get(pid)
    return layout.size if layout is not None else RAW_SIZES.get(pid)


def read_pid(mode: int, pid: int, data: bytes) -> tuple[Reading, ...]:
    """What a parameter says; one that nobody explained gives its bytes in hex.

    Args:
        mode: 01 (now) or 02 (freeze frame), with or without 0x40.
        pid: the parameter, 0x00 to 0xFF.
        data: its bytes, A first; more than it has are ignored.

    Raises:
        ProtocolError: the mode has no such parameters, or bytes are missing.
    """
    if mode & ~POSITIVE not in (CURRENT_DATA, FREEZE_FRAME):
        raise ProtocolError(PROTOCOL, f"mode {mode:02X} has no parameters")
    size = size_of(pid)
    if size is not None and len(data) < size:
        raise ProtocolError(PROTOCOL, f"PID {pid:02X} has {len(data)} bytes, not {size}")
    identity = f"PID {pid:02X}"
    if pid % 0x20 == 0:
        return (_supported(identity, pid, data),)
    if pid == FREEZE_CODE:
        return _freeze_code(identity, data)
    layout = PIDS.get(pid)
    if layout is None:
        return (Reading(identity, f"parameter {pid:02X}", text=data[:size].hex().upper()),)
    return read(identity, layout, data)


def supported_pids(pid: int, data: bytes) -> frozenset[int]:
    """The parameters that a mask (PID 00, 20, 40 …) says the vehicle has."""
    mask = int.from_bytes(data[:4], "big")
    return frozenset(pid + 1 + bit for bit in range(32) if mask >> (31 - bit) & 1)


def _supported(identity: str, pid: int, data: bytes) -> Reading:
    pids = " ".join(f"{one:02X}" for one in sorted(supported_pids(pid, data)))
    return Reading(identity, "supported parameters", text=pids)


def _freeze_code(identity: str, data: bytes) -> tuple[Reading, ...]:
    if data[:2] == b"\0\0":
        return ()
    code = code_of(data[0], data[1])
    return (Reading(identity, "freeze frame of", path="Vehicle.OBD.FreezeDTC", text=code),)


def read_answer(payload: bytes) -> tuple[Reading, ...]:
    """What an answer of an engine control unit says.

    Raises:
        ProtocolError: it is no OBD-II answer, or bytes are missing.
    """
    if not payload or not payload[0] & POSITIVE:
        raise ProtocolError(PROTOCOL, f"{payload[:1].hex() or 'nothing'} is no answer")
    mode = payload[0] - POSITIVE
    reader = _ANSWERS.get(mode)
    if reader is None:
        raise ProtocolError(PROTOCOL, f"there is no mode {mode:02X}")
    return reader(mode, payload[1:])


def _parameters(mode: int, body: bytes) -> tuple[Reading, ...]:
    """One or several parameters; in a freeze frame the frame's number stands behind each PID."""
    head = 2 if mode == FREEZE_FRAME else 1
    if len(body) <= head:
        raise ProtocolError(PROTOCOL, f"mode {mode:02X} without a parameter")
    readings: list[Reading] = []
    while len(body) > head:
        pid = body[0]
        readings += read_pid(mode, pid, body[head:])
        size = size_of(pid)
        body = b"" if size is None else body[head + size :]
    return tuple(readings)


def _trouble_codes(mode: int, body: bytes) -> tuple[Reading, ...]:
    """On CAN a count stands before the codes; older buses pad each frame to three codes."""
    codes = codes_in(body[1:] if len(body) % 2 else body)
    if len(body) % 2 and body[0] > (len(body) - 1) // 2:
        raise ProtocolError(PROTOCOL, f"{body[0]} trouble codes in {len(body) - 1} bytes")
    kind = _CODE_KINDS[mode]
    path = "Vehicle.Diagnostics.DTCList" if mode == STORED_CODES else None
    return tuple(Reading(f"mode {mode:02X}", kind, path=path, text=code) for code in codes)


def _cleared(mode: int, _body: bytes) -> tuple[Reading, ...]:
    return (Reading(f"mode {mode:02X}", "trouble codes cleared", 1.0),)


_ANSWERS: Mapping[int, Callable[[int, bytes], tuple[Reading, ...]]] = {
    CURRENT_DATA: _parameters,
    FREEZE_FRAME: _parameters,
    STORED_CODES: _trouble_codes,
    CLEAR_CODES: _cleared,
    OXYGEN_TESTS: obd_tests.read_oxygen_test,
    MONITOR_TESTS: obd_tests.read_monitor_tests,
    PENDING_CODES: _trouble_codes,
    IDENTITY: obd_identity.read_identity,
    PERMANENT_CODES: _trouble_codes,
}
