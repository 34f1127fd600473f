from struct import pack

import pytest

from milepost.domain.command import PositionNow
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.calamp import PROTOCOL
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, HttpRequest

NOW_MS = 1_760_000_000_000
OPTIONS = bytes.fromhex("83 05 4531003346 01 01")


def fix(
    *,
    status: int = 0,
    updated_s: int = 1_480_412_480,
    fixed_s: int = 1_480_412_479,
    inputs: int = 1,
    comm: int = 0x2F,
    unit: int = 0,
) -> bytes:
    """52.5° N, 13.4° W, 34.5 m, 10 m/s, 236°, 8 satellites, -104 dBm, HDOP 0.9."""
    return pack(
        ">IIiiiIHBBHhBBBB",
        *(updated_s, fixed_s, 525_000_000, -134_000_000, 3450, 1000, 236, 8, status),
        *(410, -104, comm, 9, inputs, unit),
    )


def datagram(kind: int, content: bytes, *, service: int = 1, options: bytes = OPTIONS) -> bytes:
    return options + pack(">BBH", service, kind, 0x1234) + content


def decoded(kind: int, content: bytes, **header: int | bytes) -> Message:
    codec = PROTOCOL.codec(CodecContext("udp"))
    (message,) = codec.receive(datagram(kind, content, **header), NOW_MS)  # type: ignore[arg-type]
    return message


def test_accepts_an_event_report_whole() -> None:
    message = decoded(2, fix() + bytes((49, 30, 2, 0)) + pack(">II", 7, 123_456))
    assert (message.kind, message.unique_id) == ("positions", "4531003346")
    assert message.positions == (
        Position(
            fix_time_ms=1_480_412_479_000,
            latitude_deg=52.5,
            longitude_deg=-13.4,
            altitude_m=34.5,
            speed_kmh=36.0,
            course_deg=236.0,
            valid=True,
            hdop=0.9,
            satellites=8,
            ignition=True,
            event_codes=("30",),
            attributes={
                "gnssStatus": "0",
                "signalDbm": "-104",
                "operator": "410",
                "status": "0",
                "roaming": "true",
                "networkTechnology": "2G",
                "inputs": "1",
                "uploadReason": "49",
                "accumulator:0": "7",
                "accumulator:1": "123456",
            },
        ),
    )


@pytest.mark.parametrize("status", (0x04, 0x08, 0x2C))
def test_a_last_known_place_is_of_the_update_and_not_valid(status: int) -> None:
    (position,) = decoded(2, fix(status=status) + bytes(4)).positions
    assert (position.valid, position.has_fix) == (False, True)
    assert position.fix_time_ms == 1_480_412_480_000


def test_without_any_time_it_is_the_time_of_reception() -> None:
    (position,) = decoded(8, fix(updated_s=0, fixed_s=0)).positions
    assert position.fix_time_ms == NOW_MS


def test_archived_reports_and_a_broken_antenna_are_said() -> None:
    (position,) = decoded(2, fix(status=0x20, unit=2, comm=0x80) + bytes(4)).positions
    assert position.valid
    assert position.attributes["archive"] == "true"
    assert position.attributes["gnssAntenna"] == "1"
    assert position.attributes["networkTechnology"] == "4G"


def test_accumulators_by_mask_keep_their_numbers() -> None:
    words = pack(">IIII", 0, 0b1001, 11, 22)
    (position,) = decoded(2, fix() + bytes((0, 0, 0x40 | 4, 0)) + words).positions
    kept = {key: value for key, value in position.attributes.items() if "accum" in key}
    assert kept == {"accumulator:0": "11", "accumulator:3": "22"}


def test_accepts_a_mini_event() -> None:
    content = pack(
        ">IiiHBBBBBBI",
        *(1_443_584_606, 246_272_041, 468_513_733, 240, 5, 0x09, 15, 0x1E, 51, 1, 769),
    )
    (position,) = decoded(10, content).positions
    assert (position.latitude_deg, position.longitude_deg) == (24.6272041, 46.8513733)
    assert (position.speed_kmh, position.course_deg, position.satellites) == (5.0, 240.0, 9)
    assert (position.ignition, position.event_codes) == (False, ("51",))
    assert position.attributes["accumulator:0"] == "769"


@pytest.mark.parametrize(
    ("data", "kept"), ((b"0x300ED8\r\n", "0x300ED8"), (b"\x01\x02\xff", "0102ff"))
)
def test_accepts_user_data_with_and_without_accumulators(data: bytes, kept: str) -> None:
    message = bytes((2, 7)) + pack(">H", len(data)) + data
    (position,) = decoded(4, fix() + message).positions
    assert position.attributes["data"] == kept
    assert position.attributes["message:route"] == "2"
    (position,) = decoded(9, fix() + message + bytes((1, 0)) + pack(">I", 5)).positions
    assert position.attributes["accumulator:0"] == "5"
    assert decoded(11, message).attributes["data"] == kept


def test_accepts_an_applications_message_with_a_vin() -> None:
    data = b"VIN:1HGCM82633A004352,PROTO:6"
    (position,) = decoded(5, fix() + pack(">HH", 131, len(data)) + data).positions
    assert position.attributes["message:application"] == "131"
    assert position.attributes["vin"] == "1HGCM82633A004352"


def test_accepts_an_id_report() -> None:
    content = (
        bytes((3, 4))
        + b"8.4"
        + bytes((1, 0, 0, 76, 1))
        + bytes(4)
        + bytes.fromhex("4531003346ffffff" + "352648068863398f" + "310410123456789f")
        + bytes(8)
        + bytes.fromhex("89014104211234567890")
    )
    message = decoded(3, content)
    assert message.kind == "other"
    assert message.attributes == {
        "configuration": "script 3, configuration 4",
        "firmware": "8.4",
        "vehicleId": "1",
        "status": "0",
        "message:modem": "0",
        "model": "76",
        "esn:1": "4531003346",
        "imei": "352648068863398",
        "imsi": "310410123456789",
        "iccid": "89014104211234567890",
    }


def test_acknowledges_only_what_asks_for_it() -> None:
    codec = PROTOCOL.codec(CodecContext("udp"))
    asked = decoded(2, fix() + bytes(4))
    assert codec.acknowledge(asked) == bytes.fromhex("0201 1234 02 00 00 000000")
    assert codec.refuse(asked) == b""
    assert codec.acknowledge(decoded(2, fix() + bytes(4), service=0)) == b""


def test_a_null_message_is_a_heartbeat() -> None:
    assert decoded(0, b"").kind == "heartbeat"


@pytest.mark.parametrize(("result", "accepted"), ((0, True), (3, False)))
def test_answers_to_commands_are_responses(result: int, accepted: bool) -> None:
    message = decoded(1, bytes((8, result, 0, 0, 0, 0)), service=2)
    assert (message.kind, message.reference, message.accepted) == ("response", 0x1234, accepted)
    assert message.token == b""
    value = decoded(6, b"\x01\x02", service=2)
    assert (value.kind, value.text, value.reference) == ("response", "0102", 0x1234)


def test_options_are_skipped_and_may_be_absent() -> None:
    options = bytes.fromhex("c7 08 352648068863398f 01 02 04 aabbccdd 01 03 02 1111 01 22")
    assert decoded(0, b"", options=options).unique_id == "352648068863398"
    assert decoded(0, b"", options=b"").unique_id is None
    assert decoded(0, b"", options=bytes.fromhex("81 01 ff")).unique_id is None


REJECTED: dict[str, bytes] = {
    "message type 99": datagram(99, b""),
    "service 3": datagram(2, fix(), service=3),
    "4 bytes are due": OPTIONS + b"\x01",
    "36 bytes are due": datagram(2, fix()[:-1]),
    "5 bytes are due": bytes.fromhex("83 05 4531"),
    "3 bytes are due": datagram(4, fix() + bytes((0, 0, 0, 3, 65, 66))),
    "4 bytes are due, 1": datagram(2, fix() + bytes((0, 0, 1, 0, 9))),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        PROTOCOL.codec(CodecContext("udp")).receive(REJECTED[reason], NOW_MS)


def test_rejects_an_http_request() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        PROTOCOL.codec(CodecContext("udp")).receive(HttpRequest("GET", "/", "", {}, b""), NOW_MS)


def test_asks_for_a_position() -> None:
    order = Order("4531003346", 0x1234)
    asked = written("calamp", PROTOCOL.commands, PositionNow(), order)
    assert asked == bytes.fromhex("0108 1234")
