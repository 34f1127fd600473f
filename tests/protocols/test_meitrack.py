from struct import pack

import pytest

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    OutputOff,
    OutputOn,
    SetOdometer,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import Codec, CodecContext, Publish
from milepost.protocols.meitrack import PROTOCOL
from milepost.protocols.wire.checksums import sum8

NOW_MS = 1_760_000_000_000
IMEI = "861412043027965"
ORDER = Order(IMEI, 1)
REPORT = (
    "AAA,35,52.500000,-13.400000,251009101112,A,9,20,41,90,0.8,34,227940,119812,"
    "262|2|12DF|015273E2,0401,0064|0000|0000|0191|0573,,,3,0FA0,01FB2E|020A92,360"
)


def codec(*, lenient: bool = False) -> Codec:
    return PROTOCOL.codec(CodecContext("tcp", lenient))


def framed(content: str | bytes, identifier: str = "F") -> bytes:
    body = content.encode() if isinstance(content, str) else content
    head = f"$${identifier}{len(body) + len(IMEI) + 7},{IMEI},".encode() + body + b"*"
    return head + b"%02X\r\n" % sum8(head)


def decoded(content: str | bytes, **options: str) -> Message:
    (message,) = PROTOCOL.codec(CodecContext("tcp", options=options)).receive(
        framed(content), NOW_MS
    )
    return message


def position_of(content: str | bytes, **options: str) -> Position:
    (position,) = decoded(content, **options).positions
    return position


def group(*elements: tuple[int, bytes], sized: bool = False) -> bytes:
    """A group of CCE's elements; ids above 255 have two bytes."""
    written_out = b""
    for key, value in elements:
        name = bytes((key,)) if key < 256 else pack(">H", key)
        written_out += name + (bytes((len(value),)) if sized else b"") + value
    return bytes((len(elements),)) + written_out


def cce(*groups: bytes, count: int = 1) -> bytes:
    record = b"".join(groups)
    body = pack("<H", 0) + record
    return b"CCE," + pack("<IH", 7, count) + pack("<H", len(body)) + body


PLACE = (
    (2, pack("<i", -33_867_850)),
    (3, pack("<i", 151_207_320)),
    (4, pack("<I", 813_315_200)),
)
NONE = group()


def test_accepts_a_text_report_whole() -> None:
    message = decoded(REPORT)
    assert (message.kind, message.unique_id, message.token) == ("positions", IMEI, b"")
    assert message.positions == (
        Position(
            fix_time_ms=1_760_004_672_000,
            latitude_deg=52.5,
            longitude_deg=-13.4,
            altitude_m=34.0,
            speed_kmh=41.0,
            course_deg=90.0,
            valid=True,
            hdop=0.8,
            satellites=9,
            odometer_m=227_940.0,
            fuel_level_pct=40.0,
            battery_v=13.95,
            event_codes=("35",),
            attributes={
                "gsmSignal": "20",
                "runtimeS": "119812",
                "cells": "262-2-4831-22180834",
                "outputs": "1",
                "inputs": "4",
                "ain1V": "1.0",
                "trackerBatteryV": "4.01",
                "temp1C": "-12.34",
                "temp2C": "27.06",
                "field:22": "360",
            },
        ),
    )


def test_accepts_an_invalid_fix_as_the_last_known_place() -> None:
    position = position_of(REPORT.replace(",A,", ",V,"))
    assert position.has_fix and not position.valid


@pytest.mark.parametrize(
    ("readings", "battery", "supply_v"),
    (
        ("0000|0000|0000|0191|0573", "4.01", 13.95),
        ("0000|0000|0000|028C|0110", "3.82", 12.75),
        ("0000|0000|0000|0A47|03E3", "4.239", 12.826),
        ("4.33|12.96|1.92", "4.33", 12.96),
    ),
)
def test_volts_by_the_models_steps(readings: str, battery: str, supply_v: float) -> None:
    position = position_of(REPORT.replace("0064|0000|0000|0191|0573", readings))
    assert position.attributes["trackerBatteryV"] == battery
    assert position.battery_v == supply_v


@pytest.mark.parametrize(
    ("event", "alarm"),
    (("1", "sos"), ("23", "power_cut"), ("129", "harsh_braking"), ("36", "towing"), ("35", None)),
)
def test_events_raise_alarms(event: str, alarm: str | None) -> None:
    position = position_of(REPORT.replace("AAA,35", f"AAA,{event}"))
    assert (position.alarm, position.event_codes) == (alarm, (event,))


def test_the_events_data_is_the_driver_the_fence_or_a_photo() -> None:
    def with_data(event: str, data: str) -> Message:
        return decoded(
            REPORT.replace("AAA,35", f"AAA,{event}").replace("|0573,,", f"|0573,{data},")
        )

    assert with_data("37", "02C24AE6").positions[0].attributes["driverUniqueId"] == "02C24AE6"
    assert with_data("20", "00000003").positions[0].attributes["geofenceId"] == "00000003"
    message = with_data("39", "0915_E3.jpg")
    assert message.positions[0].attributes["image"] == "0915_E3.jpg"
    assert message.token == b"@@F39,861412043027965,D00,0915_E3.jpg,0*" + b"%02X\r\n" % sum8(
        b"@@F39,861412043027965,D00,0915_E3.jpg,0*"
    )


def test_the_ignition_is_the_input_that_the_option_names() -> None:
    assert position_of(REPORT).ignition is None
    assert position_of(REPORT, ignitionInput="3").ignition is True
    assert position_of(REPORT, ignitionInput="2").ignition is False
    assert position_of(REPORT, ignitionInput="no").ignition is None


def test_accepts_fixed_binary_records() -> None:
    record = pack(
        "<BiiIBBBHHHhIIHHHHBB5H",
        *(19, 24_638_281, 46_685_000, 813_315_200, ord("A"), 8, 21, 131, 270, 9, 612, 1_035_518),
        *(774_980, 420, 1, 0x12DF, 0x2B2C, 1, 4, 100, 0, 0, 401, 1395),
    )
    content = b"CCC," + pack("<HHI", 0, len(record) + 1, 2) + (record + b"\x07") * 2
    first, second = decoded(content, ignitionInput="3").positions
    assert first == second
    assert (first.latitude_deg, first.longitude_deg, first.valid) == (24.638281, 46.685, True)
    assert first.fix_time_ms == 946_684_800_000 + 813_315_200_000
    assert (first.speed_kmh, first.course_deg, first.altitude_m) == (131, 270, 612)
    assert (first.hdop, first.odometer_m, first.battery_v) == (0.9, 1_035_518, 13.95)
    assert (first.alarm, first.ignition) == ("overspeed", True)
    assert first.attributes["cells"] == "420-1-4831-11052"
    assert first.attributes["rest"] == "07"


def test_accepts_records_of_elements() -> None:
    content = cce(
        group((5, b"\x01"), (6, b"\x0b"), (0x15, b"\x04"), (0x47, b"\x02"), (0xFE69, b"\x60")),
        group(
            (8, pack("<H", 36)), (9, pack("<H", 86)), (0x1A, pack("<H", 1395)), (0x40, b"\x82\0")
        ),
        group(*PLACE, (0x25, pack("<I", 0xB9A20C)), (0xFEF4, pack("<I", 90)), (0x9A, bytes(4))),
        group((0x2B, b"\x02" + pack("<h", -1234)), (0x77, b"\x01\x02"), sized=True),
    )
    position = position_of(content)
    assert (position.latitude_deg, position.longitude_deg) == (-33.86785, 151.20732)
    assert (position.valid, position.satellites, position.speed_kmh) == (True, 11, 36)
    assert position.battery_v == pytest.approx(13.95)
    assert position.engine_hours_h == pytest.approx(1.5)
    assert (position.alarm, position.event_codes) == ("harsh_acceleration", ("130",))
    assert position.attributes == {
        "inputs": "4",
        "locked": "true",
        "trackerBatteryPct": "96",
        "driverUniqueId": "00B9A20C",
        "id:9a": "0",
        "temp2C": "-12.34",
        "id:77": "0102",
    }


def test_accepts_cells_stations_tags_and_batteries() -> None:
    tag = b"\x01\x03Van" + bytes.fromhex("ac233faf076e64") + pack("<hh", -2723, 12945)
    content = cce(
        NONE,
        NONE,
        group(*PLACE),
        group(
            (0x0E, pack("<HHHIh", 505, 1, 0x7031, 0x08CC1002, -96)),
            (0x1D, bytes.fromhex("2abd890a491c") + pack("<h", -46)),
            (0x1E, bytes.fromhex("28bd890a491c") + pack("<h", -47)),
            (0xFE73, tag),
            (0xFEA8, bytes((1, 1, 2, 88, 0, 0))),
            sized=True,
        ),
    )
    position = position_of(content)
    assert not position.valid
    kept = position.attributes
    assert kept["cells"] == "505-1-28721-147591170@-96"
    assert kept["wifi"] == "2a:bd:89:0a:49:1c@-46 28:bd:89:0a:49:1c@-47"
    assert (kept["tag1Name"], kept["tag1Mac"]) == ("Van", "ac:23:3f:af:07:6e")
    assert (kept["tag1TempC"], kept["tag1BatteryPct"]) == ("-10.63671875", "100")
    assert (kept["trackerBatteryPct"], kept["trackerBattery2Pct"]) == ("1", "88")
    assert "trackerBattery3Pct" not in kept


@pytest.mark.parametrize(
    ("content", "confirmation"),
    (
        (REPORT.encode(), b"@@F27,861412043027965,AFF,1*"),
        (cce(NONE, NONE, group(*PLACE), NONE), b"@@F27,861412043027965,CCE,1*"),
    ),
)
def test_confirms_what_is_stored_where_the_device_waits(
    content: bytes, confirmation: bytes
) -> None:
    message = decoded(content, confirm="true")
    answer = codec().acknowledge(message)
    assert answer == confirmation + b"%02X\r\n" % sum8(confirmation)
    assert codec().refuse(message) == b""


def test_asks_for_a_photo_part_by_part() -> None:
    part = decoded(b"D00,a.jpg,2,0,\xff\xd8,*\r\n")
    assert part.attributes == {
        "image": "a.jpg",
        "index": "0",
        "photo:total": "2",
        "photo": "ffd82c2a0d0a",
    }
    assert part.token.startswith(b"@@F33,861412043027965,D00,a.jpg,1*")
    assert decoded(b"D00,a.jpg,2,1,\xff\xd8").token == b""
    taken = decoded("D03,OK")
    assert (taken.kind, taken.accepted) == ("response", True)
    assert b",D00,camera_picture.jpg,0*" in taken.token
    assert decoded("D03,Error").token == b""


@pytest.mark.parametrize(
    ("text", "accepted"), (("C01,OK", True), ("A12,Err", False), ("D82,0", None))
)
def test_answers_to_commands_are_responses(text: str, accepted: bool | None) -> None:
    message = decoded(text)
    assert (message.kind, message.text, message.accepted) == ("response", text, accepted)


def test_a_miscounted_length_is_no_harm() -> None:
    short, long = framed(REPORT).replace(b"F19", b"F18"), framed(REPORT).replace(b"F19", b"F29")
    for wrong in (short, long):
        head = wrong[: wrong.rindex(b"*") + 1]
        frame = head + b"%02X\r\n" % sum8(head)
        for pieces in ([frame], [frame[at : at + 1] for at in range(len(frame))]):
            receiver = codec()
            assert sum(len(receiver.receive(piece, NOW_MS)) for piece in pieces) == 1


def test_a_frame_that_was_broken_off_costs_nothing_else() -> None:
    photo = framed(b"D00,a.jpg,2,0," + bytes(300))
    (message,) = codec().receive(photo[:200] + framed("C01,OK"), NOW_MS)
    assert message.text == "C01,OK"


def test_lenient_reports_are_marked() -> None:
    frame = framed(REPORT).replace(b",A,", b",V,")
    with pytest.raises(ProtocolError, match="checksum"):
        codec().receive(frame, NOW_MS)
    (message,) = codec(lenient=True).receive(frame, NOW_MS)
    assert message.damaged and message.positions[0].damaged


REJECTED: dict[str, bytes] = {
    "no frame begins": b"GET / HTTP/1.1\r\n",
    "an IMEI is due": framed(REPORT).replace(IMEI.encode(), b"86141204302796x"),
    "checksum is": framed(REPORT).replace(b"35", b"36"),
    "AAA has 3 fields": framed("AAA,1,2,3"),
    "event: a whole number": framed(REPORT.replace("AAA,35", "AAA,x")),
    "latitude: a number": framed(REPORT.replace("52.5", "north")),
    "date of six digits": framed(REPORT.replace("251009", "25109x")),
    "no date": framed(REPORT.replace("251009", "251309")),
    "the head of CCC": framed(b"CCC,\x00"),
    "a record of 9 bytes": framed(b"CCC," + pack("<HHI", 0, 9, 1) + bytes(9)),
    "ends within a record of CCC": framed(b"CCC," + pack("<HHI", 0, 52, 1) + bytes(51)),
    "the head of CCE": framed(b"CCE,\x00"),
    "ends within a record of CCE": framed(cce(NONE, NONE, group(*PLACE), NONE, count=2)[:-2]),
    "ends within an element": framed(cce(b"\x05\x01")),
    "has no time": framed(cce(NONE, NONE, NONE, NONE)),
    "D00 begins with": framed("D00,a.jpg"),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_header_without_identifier() -> None:
    with pytest.raises(ProtocolError, match="no frame begins"):
        codec(lenient=True).receive(b"$$,232,862090050002813,AAA*00\r\n", NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


def test_writes_commands() -> None:
    def text(command: object) -> bytes:
        return written("meitrack", PROTOCOL.commands, command, ORDER).split(b",", 2)[2][:-5]  # type: ignore[arg-type]

    assert text(EngineStop()) == b"C01,0,12222"
    assert text(EngineResume()) == b"C01,0,02222"
    assert text(OutputOn(2)) == b"C01,0,21222"
    assert text(OutputOff(5)) == b"C01,0,22220"
    assert text(Interval(60)) == b"A12,6"
    assert text(SetOdometer(4_825_000.0)) == b"F08,,4825000"
    assert text(CustomText("E91")) == b"E91"
    for refused in (OutputOn(6), Interval(15), CustomText("Grüße")):
        with pytest.raises(InvalidInput):
            text(refused)


def test_a_datagram_that_was_cut_off_is_refused() -> None:
    with pytest.raises(ProtocolError, match="checksum"):
        PROTOCOL.codec(CodecContext("udp")).receive(framed(REPORT)[:-20], NOW_MS)
