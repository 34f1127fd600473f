"""Sensors that a Jointech gateway hears: a head of text, then a binary record.

Source: Jointech's description of WLNET 5 (JT126 and gateways); captured frames.
"""

from struct import Struct

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.jt600.fix import FIX_BYTES, PROTOCOL_NAME, read_fix
from milepost.protocols.wire.report import Report

MARK = b",WLNET,5,"
_HEAD_FIELDS = 6
_SENSOR = Struct(">6s5sBHBBB")
_CLIMATE = Struct(">hB")
_CLIMATE_TYPE = 1
_CLIMATE_TYPE_AT = FIX_BYTES + _SENSOR.size - 1
_TAIL_BYTES = 3


def record_of(frame: bytes) -> bytes:
    """What follows the head of a frame without its brackets."""
    return frame.split(b",", _HEAD_FIELDS)[-1]


def is_whole(record: bytes) -> bool:
    """Whether the record is as long as its sensor's type asks for."""
    length = FIX_BYTES + _SENSOR.size
    if len(record) >= length and record[_CLIMATE_TYPE_AT] == _CLIMATE_TYPE:
        length += _CLIMATE.size + _TAIL_BYTES
    return len(record) >= length


def read_sensor(unique_id: str, frame: bytes, received_time_ms: int) -> Message:
    """The message of a frame without its brackets.

    The position is that of the gateway; `sensor:time` is when it heard the sensor, `DDMMYYHHMMSS`.

    Raises:
        ProtocolError: a record that is cut off, or no such time.
    """
    record = record_of(frame)
    if not is_whole(record):
        raise ProtocolError(PROTOCOL_NAME, f"a sensor's record of {len(record)} bytes is cut off")
    report = read_fix(record[:FIX_BYTES].hex(), received_time_ms)
    values = _SENSOR.unpack_from(record, FIX_BYTES)
    moment, identity, index, voltage, percent, strength, kind = values
    report.note("sensor:time", moment.hex())
    report.note("tag1Id", identity.hex())
    report.note("index", index)
    report.note("tag1BatteryV", voltage / 100)
    report.note("tag1BatteryPct", percent)
    report.note("tag1Signal", -strength)
    rest = record[FIX_BYTES + _SENSOR.size :]
    if kind == _CLIMATE_TYPE:
        rest = _put_climate(rest, report)
    else:
        report.note("sensor:type", kind)
    if rest.strip(b"\0"):
        report.note("rest", rest.hex())
    return Message("positions", unique_id, (report.position(),))


def _put_climate(content: bytes, report: Report) -> bytes:
    """Tenths of a degree and percent of humidity; gives what follows."""
    tenths, percent = _CLIMATE.unpack_from(content)
    report.note("temp1C", tenths / 10)
    report.note("humidityPct", percent)
    return content[_CLIMATE.size :]
