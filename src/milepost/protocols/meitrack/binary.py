"""CCC and CCE: several reports in one frame, binary, little-endian.

Source: "MEITRACK T622 GPRS Protocol" 3.45 (CCC); T633L and P88L GPRS protocols, CCE.
"""

from struct import Struct

from milepost.errors import ProtocolError
from milepost.protocols.meitrack.elements import NUMBERS, TEXTS
from milepost.protocols.meitrack.events import read_event
from milepost.protocols.meitrack.frame import PROTOCOL_NAME
from milepost.protocols.meitrack.inputs import read_analogs, read_inputs
from milepost.protocols.wire.bits import signed
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

_EPOCH_2000_MS = 946_684_800_000
_CCC_HEAD = Struct("<HHI")
_CCC_RECORD = Struct("<BiiI BBB HHH h II HHHH BB 5H")
_CCE_HEAD = Struct("<IH")
_WIDE_ID = 0xFE
_LATITUDE, _LONGITUDE, _TIME, _VALID = 0x02, 0x03, 0x04, 0x05
_EVENT, _EVENT_WIDE, _COURSE, _ALTITUDE, _INPUTS = 0x01, 0x40, 0x09, 0x0B, 0x15


def _missing(what: str) -> ProtocolError:
    return ProtocolError(PROTOCOL_NAME, f"the frame ends within {what}")


def read_fixed(content: bytes, ignition: int) -> list[Report]:
    """The reports of a CCC frame, behind its command.

    Raises:
        ProtocolError: there is no whole record.
    """
    if len(content) < _CCC_HEAD.size:
        raise _missing("the head of CCC")
    _, length, _ = _CCC_HEAD.unpack_from(content)
    if length < _CCC_RECORD.size:
        reason = f"a record of {length} bytes came, at least {_CCC_RECORD.size} are due"
        raise ProtocolError(PROTOCOL_NAME, reason)
    end = len(content) - length + 1
    if end <= _CCC_HEAD.size:
        raise _missing("a record of CCC")
    starts = range(_CCC_HEAD.size, end, length)
    return [_fixed_record(content[start : start + length], ignition) for start in starts]


def _fixed_record(record: bytes, ignition: int) -> Report:
    values = _CCC_RECORD.unpack_from(record)
    event, latitude, longitude, seconds, valid, satellites, gsm, speed, course = values[:9]
    hdop, altitude, odometer, runtime, country, network, area, cell, outputs, inputs = values[9:19]
    report = Report(_EPOCH_2000_MS + seconds * 1000)
    report.place(latitude / 1e6, longitude / 1e6, valid=valid == ord("A"))
    report.motion(speed, course, altitude)
    report.fields["satellites"] = satellites
    report.fields["hdop"] = hdop / 10
    report.fields["odometer_m"] = odometer
    report.attributes["gsmSignal"] = str(gsm)
    report.attributes["runtimeS"] = str(runtime)
    report.attributes["outputs"] = str(outputs)
    if country:
        report.attributes["cells"] = cell_text(country, network, area, cell)
    read_event(report, event)
    read_inputs(report, inputs, ignition)
    read_analogs(report, values[19:])
    if len(record) > _CCC_RECORD.size:
        report.attributes["rest"] = record[_CCC_RECORD.size :].hex()
    return report


def read_elements(content: bytes, ignition: int) -> list[Report]:
    """The reports of a CCE frame, behind its command.

    Raises:
        ProtocolError: a record ends before its elements do, or has no time.
    """
    if len(content) < _CCE_HEAD.size:
        raise _missing("the head of CCE")
    _, count = _CCE_HEAD.unpack_from(content)
    reports = []
    offset = _CCE_HEAD.size
    for _ in range(count):
        end = offset + 2 + int.from_bytes(content[offset : offset + 2], "little")
        if end > len(content):
            raise _missing("a record of CCE")
        reports.append(_element_record(content[offset + 4 : end], ignition))
        offset = end
    return reports


def _element_record(record: bytes, ignition: int) -> Report:
    numbers: dict[int, int] = {}
    try:
        offset = 0
        for width in (1, 2, 4):
            offset = _read_numbers(record, offset, width, numbers)
        report = _placed(numbers, ignition)
        for key, number in numbers.items():
            put = NUMBERS.get(key)
            if put is not None:
                put(report, number)
            else:
                report.attributes[f"id:{key:x}"] = str(number)
        _read_texts(record, offset, report)
    except IndexError as error:
        raise _missing("an element of CCE") from error
    return report


def _read_numbers(record: bytes, offset: int, width: int, numbers: dict[int, int]) -> int:
    count = record[offset]
    offset += 1
    for _ in range(count):
        key = record[offset]
        offset += 1
        if key == _WIDE_ID:
            key = _WIDE_ID << 8 | record[offset]
            offset += 1
        end = offset + width
        numbers[key] = int.from_bytes(record[offset:end], "little")
        offset = end
    return offset


def _read_texts(record: bytes, offset: int, report: Report) -> None:
    """Elements that say their length; one that runs over the record's end is cut off there."""
    count = record[offset] if offset < len(record) else 0
    offset += 1
    for _ in range(count):
        key = record[offset]
        offset += 1
        if key == _WIDE_ID:
            key = _WIDE_ID << 8 | record[offset]
            offset += 1
        length = record[offset]
        data = record[offset + 1 : offset + 1 + length]
        offset += 1 + length
        read = TEXTS.get(key)
        if read is not None:
            read(report, data)
        else:
            report.attributes[f"id:{key:x}"] = data.hex()


def _placed(numbers: dict[int, int], ignition: int) -> Report:
    """Time, place, motion, event and inputs; they are taken out of the numbers."""
    take = numbers.pop
    seconds = take(_TIME, None)
    if seconds is None:
        raise ProtocolError(PROTOCOL_NAME, "a record of CCE has no time")
    report = Report(_EPOCH_2000_MS + seconds * 1000)
    latitude, longitude, valid = take(_LATITUDE, 0), take(_LONGITUDE, 0), take(_VALID, 0)
    report.place(signed(latitude, 32) / 1e6, signed(longitude, 32) / 1e6, valid=valid != 0)
    report.motion(None, take(_COURSE, None), signed(take(_ALTITUDE, 0), 16))
    narrow, wide = take(_EVENT, None), take(_EVENT_WIDE, None)
    event = wide if wide is not None else narrow
    if event is not None:
        read_event(report, event)
    inputs = take(_INPUTS, None)
    if inputs is not None:
        read_inputs(report, inputs, ignition)
    return report
