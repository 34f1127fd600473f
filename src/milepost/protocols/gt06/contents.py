"""GT06 frames that carry neither fix nor status in the first place: texts, lists, sensors.

Source: Concox "Protocol 0x94 information transmission packet", WeTrack "0x70", JM-VL "0x9B"; and
captured frames.
"""

from collections.abc import Callable, Mapping

from milepost.protocols.gt06.network import read_network, read_network_4g
from milepost.protocols.gt06.report import (
    LOCATION_BYTES,
    PROTOCOL_NAME,
    FrameReport,
    looks_like_location,
    read_cell,
    read_cell_4g,
    read_fix,
    read_fix_without_speed,
    read_location,
    read_sized_cell,
    read_time,
    time_ms_of,
)
from milepost.protocols.gt06.status import (
    flag,
    read_alarm,
    read_alarm_end,
    read_information,
    read_level_percent,
    read_marked_alarm_end,
)
from milepost.protocols.wire.bus_readings import note_codes
from milepost.protocols.wire.cursor import Cursor

Read = Callable[[Cursor, FrameReport], None]
_LONGEST_UNTIMED_ALARM = 14
_PHONE_BYTES = 21


def text_or_hex(content: bytes) -> str:
    """The text without its line end, or hex where it is not printable."""
    text = content.decode("latin-1").strip("\r\n\0\x03")
    return text if text.isascii() and text.isprintable() else content.hex()


def read_location_or_network(cursor: Cursor, report: FrameReport) -> None:
    """Types that one maker uses for fixes and another for cells."""
    if not looks_like_location(cursor.content):
        read_network(cursor, report)
        return
    read_location(cursor, report)
    if cursor.left >= 8:
        read_cell(cursor, report)
    if cursor.left >= 8:
        report.attributes["driverUniqueId"] = cursor.take(8).hex()


def read_location_4g_or_network(cursor: Cursor, report: FrameReport) -> None:
    """Type A2: cells and Wi-Fi stations, or a fix with a cell of 4G."""
    if not looks_like_location(cursor.content):
        read_network_4g(cursor, report)
        return
    read_location(cursor, report)
    if cursor.left >= 15:
        read_cell_4g(cursor, report)


def read_marked_location(cursor: Cursor, report: FrameReport) -> None:
    """Types 32 and 33: time and fix, or time and a length and then the fix or none."""
    if len(cursor.content) >= LOCATION_BYTES and cursor.content[6] & 0x80:
        read_location(cursor, report)
        read_sized_cell(cursor, report)
        read_marked_alarm_end(cursor, report)
        return
    read_time(cursor, report)
    fix = Cursor(PROTOCOL_NAME, cursor.take(cursor.number(1)))
    if fix.left >= LOCATION_BYTES - 6:
        read_fix(fix, report)
    report.attributes["rest"] = cursor.rest().hex()


def read_card(cursor: Cursor, report: FrameReport) -> None:
    """Type 61: IMEI, fix, cell, number of the driver's card."""
    report.unique_id = cursor.take(8).hex().removeprefix("0")
    read_location(cursor, report)
    card = cursor.rest()[-4:]
    report.attributes["driverUniqueId"] = str(int.from_bytes(card, "big"))


def read_phone(cursor: Cursor, report: FrameReport) -> None:
    """A phone number of 21 digits, zeros where it is shorter; a language."""
    if cursor.left < _PHONE_BYTES:
        return
    digits = cursor.take(_PHONE_BYTES).strip(b"\0")
    if digits.isdigit():
        report.attributes["phone"] = digits.decode("ascii")
    elif digits:
        report.attributes["data"] = digits.hex()


def read_trouble_codes(cursor: Cursor, report: FrameReport) -> None:
    """Type 65: time, a flag, codes separated by commas."""
    read_time(cursor, report)
    cursor.number(1)
    codes = [code.strip() for code in text_or_hex(cursor.rest()).split(",")]
    note_codes(report, codes)


def read_serial_port(cursor: Cursor, report: FrameReport) -> None:
    """Type 9B: a port's number, and what came over it."""
    cursor.number(1)
    report.text = report.attributes["serial"] = text_or_hex(cursor.rest())


def read_information_packet(cursor: Cursor, report: FrameReport) -> None:
    """Type 94: what it is about, then that."""
    kind = cursor.number(1)
    read = _INFORMATION.get(kind)
    if read is None or not cursor.left:
        report.attributes[f"information:{kind:02x}"] = text_or_hex(cursor.rest())
        return
    read(cursor, report)


def _voltage(cursor: Cursor, report: FrameReport) -> None:
    report.fields["battery_v"] = cursor.number(2) / 100


def _settings(cursor: Cursor, report: FrameReport) -> None:
    """`ALM1=C5;…;ICCID=…;`: the settings stay together as they came."""
    text = text_or_hex(cursor.rest())
    report.attributes["configuration"] = text
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name == "ICCID" and value:
            report.attributes["iccid"] = value


def _door(cursor: Cursor, report: FrameReport) -> None:
    read_time(cursor, report)
    report.attributes["door"] = flag(cursor.number(1) & 1)


def _identities(cursor: Cursor, report: FrameReport) -> None:
    report.unique_id = cursor.take(8).hex().removeprefix("0")
    report.attributes["imsi"] = cursor.take(8).hex().removeprefix("0")
    report.attributes["iccid"] = cursor.take(10).hex().rstrip("f")


def _technology_or_voltage(cursor: Cursor, report: FrameReport) -> None:
    if cursor.left > 1:
        _voltage(cursor, report)
        return
    report.attributes["networkTechnology"] = "4G" if cursor.number(1) else "2G"


def _reader(cursor: Cursor, report: FrameReport) -> None:
    """A card: between 02 and 03 with a kind and a check, or a text such as `RFID:…`."""
    content = cursor.rest()
    if content[0] == 0x02 and len(content) >= 7:
        report.attributes["driverUniqueId"] = content[2:6].hex()
        return
    report.attributes["serial"] = text_or_hex(content)
    kind, _, card = report.attributes["serial"].partition(":")
    if kind == "RFID":
        report.attributes["driverUniqueId"] = card


def _satellites(cursor: Cursor, report: FrameReport) -> None:
    """State of the receiver, strengths of the satellites used, then of those in view."""
    report.attributes["gnssStatus"] = str(cursor.number(1))
    used = cursor.number(1)
    report.fields["satellites"] = used
    cursor.take(used)
    if cursor.left:
        report.attributes["satellitesVisible"] = str(cursor.number(1))


def _climate(cursor: Cursor, report: FrameReport) -> None:
    report.attributes["temp1C"] = str(cursor.signed(4) / 10)
    if cursor.left >= 4:
        report.attributes["humidityPct"] = str(cursor.number(4) / 10)


_INFORMATION: Mapping[int, Read] = {
    0x00: _voltage,
    0x04: _settings,
    0x05: _door,
    0x09: _satellites,
    0x0A: _identities,
    0x0B: _technology_or_voltage,
    0x1B: _reader,
    0x1E: _climate,
}


def read_diagnostics(cursor: Cursor, report: FrameReport) -> None:
    """Types 66 and 8C: time, a flag, `pid=value` pairs as text, a fix at the end."""
    read_time(cursor, report)
    content = cursor.content
    fix = content[-12:] if len(content) >= 20 and content[-12] >= 0x80 else b""
    cursor.number(1)
    pairs = content[cursor.offset : len(content) - len(fix)].decode("latin-1")
    for pair in pairs.split(","):
        pid, separator, value = pair.partition("=")
        if separator:
            report.attributes[f"obd:{pid}"] = value
    if fix:
        read_fix(Cursor("gt06", fix), report)


def read_media_event(cursor: Cursor, report: FrameReport) -> None:
    """Type 95: of a camera (marker FFFF): fix, event number and its files; else an alarm."""
    if cursor.content[:2] != b"\xff\xff":
        read_time(cursor, report)
        report.fields["alarm"] = "general"
        return
    cursor.take(3)
    read_time(cursor, report)
    read_fix_without_speed(cursor, report)
    cursor.take(2)
    event = cursor.number(1)
    report.attributes["event"] = str(event)
    report.event(event)
    cursor.take(2)
    report.attributes["eventFiles"] = text_or_hex(cursor.rest())


def read_x1_location(cursor: Cursor, report: FrameReport) -> None:
    """Type 34: a counter, fix, odometer, vehicle voltage, analogue inputs."""
    cursor.take(4)
    read_location(cursor, report)
    if cursor.left < 32:
        return
    cursor.take(15)
    report.fields["odometer_m"] = float(cursor.number(4))
    report.fields["battery_v"] = cursor.number(2) / 100
    inputs = Cursor("gt06", cursor.rest()[-4:])
    report.attributes["adc1"] = str(inputs.number(2) / 100)
    report.attributes["adc2"] = str(inputs.number(2) / 100)


def read_steps(cursor: Cursor, report: FrameReport) -> None:
    """Type A3: of a fence with a fix, of a wearable with steps, or a status."""
    if looks_like_location(cursor.content):
        read_location(cursor, report)
        cursor.take(min(1, cursor.left))
        if cursor.left >= 15:
            read_cell_4g(cursor, report)
        read_alarm_end(cursor, report)
    elif cursor.left >= 13:
        cursor.take(5)
        read_level_percent(cursor, report)
        cursor.take(3)
        report.attributes["steps"] = str(cursor.number(4))
    else:
        read_information(cursor, report)


def read_alarm_of_cell(cursor: Cursor, report: FrameReport) -> None:
    """Type 19: perhaps a time, cell of 2G, status."""
    if cursor.left > _LONGEST_UNTIMED_ALARM and time_ms_of(cursor.content) is not None:
        read_time(cursor, report)
        read_cell(cursor, report)
        return
    read_cell(cursor, report)
    read_alarm_end(cursor, report)


def read_alarm_of_cell_4g(cursor: Cursor, report: FrameReport) -> None:
    """Type A5: cell of 4G, information, level, signal, alarm."""
    read_cell_4g(cursor, report)
    read_information(cursor, report)
    report.attributes["trackerBatteryLevel"] = str(cursor.number(1))
    report.attributes["gsmSignal"] = str(cursor.number(1))
    read_alarm(cursor, report)
