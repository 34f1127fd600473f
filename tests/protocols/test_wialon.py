import zlib

import pytest

from milepost.domain.command import CustomText
from milepost.domain.message import Message
from milepost.errors import InvalidInput, ProtocolError
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.wialon import PROTOCOL
from milepost.protocols.wialon.codec import WialonCodec
from milepost.protocols.wire.checksums import crc16_ibm

NOW_MS = 1_760_000_000_000
SHORT = "270413;205601;5544.6025;N;03739.6834;E;12;200;3;4"
LONG = SHORT + ";0.8;3;1;14.77,NA,3.6;0F00;count1:1:564,SOS:1:1,hw:3:V4.5,b"


def codec(*, lenient: bool = False, udp: bool = False) -> WialonCodec:
    return WialonCodec(CodecContext("udp" if udp else "tcp", lenient))


def decoded(packet: str) -> Message:
    (message,) = codec().receive(packet.encode() + b"\r\n", NOW_MS)
    return message


def test_accepts_a_report_with_its_units() -> None:
    message = decoded(f"#D#{LONG}")
    (position,) = message.positions
    assert position.fix_time_ms == 1_367_096_161_000
    assert position.latitude_deg == pytest.approx(55 + 44.6025 / 60)
    assert position.longitude_deg == pytest.approx(37 + 39.6834 / 60)
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (12, 200, 3)
    assert (position.satellites, position.hdop, position.valid) == (4, 0.8, True)
    assert position.alarm == "sos"
    assert position.attributes == {
        "inputs": "3",
        "outputs": "1",
        "adc1": "14.77",
        "adc3": "3.6",
        "driverUniqueId": "0F00",
        "param:count1": "564",
        "sos": "true",
        "param:hw": "V4.5,b",
    }


def test_hemispheres_and_too_few_satellites() -> None:
    packet = "#SD#270413;205601;5544.6025;S;03739.6834;W;0;0;0;2"
    (position,) = decoded(packet).positions
    assert position.latitude_deg == pytest.approx(-55.743375)
    assert position.longitude_deg == pytest.approx(-37.66139)
    assert not position.valid


def test_without_a_place_it_is_a_status() -> None:
    (position,) = decoded("#SD#270413;205601;NA;NA;NA;NA;NA;NA;NA;NA").positions
    assert not position.has_fix and not position.valid


def test_without_a_time_it_is_the_time_of_reception() -> None:
    (position,) = decoded(f"#SD#NA;NA{SHORT[13:]}").positions
    assert position.fix_time_ms == NOW_MS


def test_a_cell_of_four_parameters() -> None:
    (position,) = decoded(
        f"#D#{SHORT};NA;NA;NA;;NA;mcc:1:250,mnc:1:1,lac:1:17,cell_id:1:99,pwr_ext:2:12.5"
    ).positions
    assert position.attributes["cells"] == "250-1-17-99"
    assert position.battery_v == 12.5


@pytest.mark.parametrize(
    ("packet", "kind", "answer"),
    (
        ("#L#123456789012345;test", "login", b"#AL#1\r\n"),
        ("#P#", "heartbeat", b"#AP#\r\n"),
        (f"#SD#{SHORT}", "positions", b"#ASD#1\r\n"),
        (f"#D#{SHORT};;;;;;", "positions", b"#AD#1\r\n"),
        (f"#B#{SHORT}|{SHORT}|{SHORT}|", "positions", b"#AB#3\r\n"),
        ("#M#on my way", "response", b"#AM#1\r\n"),
        ("#IT#070512;124010;driverid1;45;3;2C7A", "other", b"#AIT#1\r\n"),
        ("#X#1", "other", b""),
    ),
)
def test_answers(packet: str, kind: str, answer: bytes) -> None:
    message = (codec(lenient=True).receive(packet.encode() + b"\r\n", NOW_MS))[0]
    assert (message.kind, codec().acknowledge(message)) == (kind, answer)


def test_an_unknown_device_is_told_so_at_login() -> None:
    assert codec().refuse(decoded("#L#1;NA")) == b"#AL#0\r\n"
    assert codec().refuse(decoded(f"#SD#{SHORT}")) == b""


def test_checksums_of_version_2() -> None:
    assert decoded("#L#2.0;1;NA;8D8F".replace("8D8F", crc("2.0;1;NA;"))).unique_id == "1"
    assert decoded(f"#SD#{SHORT};{crc(SHORT + ';')}").positions
    assert len(decoded(f"#B#{SHORT}|{SHORT}|{crc(f'{SHORT}|{SHORT}|')}").positions) == 2
    for packet in (f"#SD#{SHORT};1234", f"#B#{SHORT}|1234", "#L#2.0;1;NA;1234", "#L#2.0;1;;xyz"):
        with pytest.raises(ProtocolError, match="wrong checksum"):
            decoded(packet)
    (message,) = codec(lenient=True).receive(f"#SD#{SHORT};1234\r\n".encode(), NOW_MS)
    assert message.damaged and message.positions[0].damaged


def crc(content: str) -> str:
    return f"{crc16_ibm(content.encode()):04X}"


def test_a_datagram_needs_no_line_end_and_says_who_it_is_of() -> None:
    (message,) = codec(udp=True).receive(f"2.0;99#SD#{SHORT}".encode(), NOW_MS)
    assert message.unique_id == "99"


def test_a_picture_takes_its_bytes_from_the_stream() -> None:
    parts = codec().receive(b"#I#4;1;0;070512;124010;a.jpg\r\n\xff\xd8#\n#P#\r\n", NOW_MS)
    assert [message.kind for message in parts] == ["other", "heartbeat"]
    assert parts[0].attributes == {"image": "a.jpg", "index": "1", "photo": "ffd8230a"}
    assert codec().acknowledge(parts[0]) == b"#AI#1;1\r\n"


def test_part_of_a_tachograph_file() -> None:
    (message,) = codec().receive(b"#T#45;2;7\r\nab", NOW_MS)
    assert (message.attributes["data"], message.token) == ("6162", b"#AT#7;1\r\n")


def test_compressed_packets() -> None:
    packed = zlib.compress(f"#L#1;NA\r\n#SD#{SHORT}\r\n".encode())
    frame = b"\xff" + len(packed).to_bytes(2, "little") + packed
    messages = codec().receive(frame, NOW_MS)
    assert [message.kind for message in messages] == ["login", "positions"]


def squeezed(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"\xff" + len(packed).to_bytes(2, "little") + packed


REJECTED: dict[str, bytes] = {
    "no packet begins": b"GET / HTTP/1.1\r\n",
    "without identity": b"#L#;NA\r\n",
    "fields, 10 or more": b"#SD#1;2;3\r\n",
    "a date of six digits": f"#SD#27x413{SHORT[6:]}\r\n".encode(),
    "there is no date": f"#SD#310213{SHORT[6:]}\r\n".encode(),
    "there is no time": f"#SD#270413;250000{SHORT[13:]}\r\n".encode(),
    "a number is due": f"#SD#{SHORT.replace('5544', 'x')}\r\n".encode(),
    "there is no place": f"#SD#{SHORT.replace('5544', '9544')}\r\n".encode(),
    "6 are due": b"#I#0;1\r\n",
    "3 are due": b"#T#1\r\n",
    "compressed data: ": b"\xff\x02\x00ab",
    "more than 1048576": squeezed(b" " * 1_100_000),
    "within compressed": squeezed(squeezed(b"#P#\r\n")),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec().receive(REJECTED[reason], NOW_MS)


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    (
        ("hello", "1.1", b"#M#hello\r\n"),
        ("hello", "2.0", f"#M#hello;{crc('hello;')}\r\n".encode()),
        ("#QI#", "2.0", b"#QI#\r\n"),
    ),
)
def test_commands(text: str, version: str, expected: bytes) -> None:
    order = Order("1", 1, options={"version": version})
    assert written("wialon", PROTOCOL.commands, CustomText(text), order) == expected


def test_a_command_of_two_lines_is_refused() -> None:
    with pytest.raises(InvalidInput, match="one line"):
        written("wialon", PROTOCOL.commands, CustomText("a\nb"), Order("1", 1))
