"""(e): decoding on one core, records a second, per protocol.

Every protocol decodes its captured frames that carry positions, over and over, through
`codec.receive`, one frame a read. Two loads are made: Teltonika 8E records with ten IO elements,
eight a packet, and GT06 locations. The baseline of the Teltonika load reads the same packets field
by field, as a decoder is first written. Of vehicle buses an engine message of J1939 and an answer
of OBD-II are decoded, over and over.
"""

import statistics
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.load import make_position
from bench.report import Row
from milepost import protocols
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import Codec, CodecContext, DeviceProtocol, HttpRequest
from milepost.protocols.gt06.encoder import Gt06Encoder
from milepost.protocols.teltonika.elements import ELEMENTS
from milepost.protocols.teltonika.encoder import TeltonikaEncoder
from milepost.registry import discover
from milepost.vehiclebus.bus import BusDecoder
from milepost.vehiclebus.frame import Frame
from scripts.protocol_page import passed
from tests.protocols.vectors import (
    PROTOCOLS_WITH_VECTORS,
    RECEIVED_TIME_MS,
    input_of,
    options_of,
    records,
    transport_of,
)

RUNS = 5
RUN_S = 0.25
TELTONIKA_TARGET, GT06_TARGET, MEDIAN_TARGET = 60_000, 40_000, 25_000
BUS_TARGET = 8_000

Feed = tuple[Codec, bytes | HttpRequest, int]
"""A codec that has heard what came before, a frame, and the positions in it."""


def feeds_of(protocol: DeviceProtocol) -> list[Feed]:
    """The captured frames that a strict codec reads positions from, each with its codec."""
    feeds = _feeds(protocol, records("decode", protocol.name))
    return _repeatable([feed for feed in feeds if feed[2]])


def _feeds(protocol: DeviceProtocol, kept: Sequence[dict[str, Any]]) -> list[Feed]:
    """Frames on the codec of their instance, without those that it refuses: they would spoil it."""
    codecs: dict[tuple[str, str], Codec] = {}
    feeds: list[Feed] = []
    for record in kept:
        options = options_of(record)
        key = (record["instance"], str(options))
        context = CodecContext(transport_of(protocol, record), options=options)
        codec = codecs.setdefault(key, protocol.codec(context))
        data = input_of(record, protocol)
        try:
            messages = codec.receive(data, RECEIVED_TIME_MS)
        except ProtocolError:
            return _feeds(protocol, [other for other in kept if other is not record])
        feeds.append((codec, data, sum(len(message.positions) for message in messages)))
    return feeds


def _repeatable(feeds: Sequence[Feed]) -> list[Feed]:
    """Without the last parts of split frames, which say something only once."""
    kept = []
    for codec, data, count in feeds:
        try:
            messages = codec.receive(data, RECEIVED_TIME_MS)
        except ProtocolError:
            continue
        if sum(len(message.positions) for message in messages) == count:
            kept.append((codec, data, count))
    return kept


def rate_of(work: Callable[[], int]) -> float:
    """Records a second: the median of some runs; `work` returns how many records it read."""
    rates = []
    for _ in range(RUNS):
        count, start_s = 0, time.process_time()
        while (elapsed_s := time.process_time() - start_s) < RUN_S:
            count += work()
        rates.append(count / elapsed_s)
    return statistics.median(rates)


def _receive_all(feeds: Sequence[Feed]) -> Callable[[], int]:
    def work() -> int:
        for codec, data, _ in feeds:
            codec.receive(data, RECEIVED_TIME_MS)
        return total

    total = sum(count for _, _, count in feeds)
    return work


def _drive(number: int) -> Position:
    return make_position(1_760_000_000_000 + 1000 * number, number, number % 7)


def teltonika_packets() -> list[bytes]:
    """A hundred packets of eight 8E records with ten IO elements."""
    encoder = TeltonikaEncoder()
    drives = [[_drive(8 * packet + record) for record in range(8)] for packet in range(100)]
    return [encoder.positions("350000000000006", drive) for drive in drives]


def gt06_frames() -> list[bytes]:
    """Eight hundred location frames."""
    encoder = Gt06Encoder()
    return [encoder.positions("350000000000006", [_drive(number)]) for number in range(800)]


def _made(name: str, frames: Sequence[bytes], records_a_frame: int) -> Callable[[], int]:
    codec = PROTOCOLS[name].codec(CodecContext("tcp"))
    return _receive_all([(codec, frame, records_a_frame) for frame in frames])


def field_by_field(packets: Sequence[bytes]) -> Callable[[], int]:
    """The baseline: each field of a record by itself, elements by look-up, a dict a record."""

    def work() -> int:
        return sum(_read_packet(packet) for packet in packets)

    return work


def _read_packet(packet: bytes) -> int:
    count = packet[9]
    offset = 10
    for _ in range(count):
        time_ms, _, longitude, latitude, altitude, course, satellites, speed, _, _ = (
            struct.unpack_from(">QBiihHBHHH", packet, offset)
        )
        offset += 28
        fields: dict[str, object] = {
            "fix_time_ms": time_ms,
            "latitude_deg": latitude / 1e7,
            "longitude_deg": longitude / 1e7,
            "altitude_m": float(altitude),
            "course_deg": float(course),
            "satellites": satellites,
            "speed_kmh": float(speed),
        }
        offset = _read_elements(packet, offset, fields)
        Position(**fields)
    return count


def _read_elements(packet: bytes, offset: int, fields: dict[str, object]) -> int:
    attributes: dict[str, str] = {}
    for width_bytes in (1, 2, 4, 8):
        number = int.from_bytes(packet[offset : offset + 2], "big")
        offset += 2
        for _ in range(number):
            element = ELEMENTS.get(int.from_bytes(packet[offset : offset + 2], "big"))
            offset += 2
            value = int.from_bytes(packet[offset : offset + width_bytes], "big")
            offset += width_bytes
            if element is not None and element.cell is not None:
                scaled = value / element.divisor
                fields[element.cell] = element.convert(value) if element.convert else scaled
            elif element is not None and element.name is not None:
                attributes[element.name] = str(value / element.divisor)
    fields["attributes"] = attributes
    return offset + 2


def bus_frames(can_id: int, data: str) -> Callable[[], int]:
    """A frame of a vehicle bus, a thousand times."""
    decoder = BusDecoder()
    frame = Frame(1.0, "can0", can_id, is_extended=can_id > 0x7FF, data=bytes.fromhex(data))

    def work() -> int:
        return sum(1 for _ in range(1000) if list(decoder.decode(frame)))

    return work


PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)


def run() -> list[Row]:
    """The rows of (e)."""
    packets = teltonika_packets()
    ours = rate_of(_made("teltonika", packets, 8))
    theirs = rate_of(field_by_field(packets))
    gt06 = rate_of(_made("gt06", gt06_frames(), 1))
    rates = {name: rate_of(_receive_all(feeds_of(PROTOCOLS[name]))) for name in _measured()}
    median = statistics.median(rates.values())
    return [
        _row("Teltonika 8E, 10 IO elements, 8 records a packet", ours, TELTONIKA_TARGET, theirs),
        _row("GT06 locations, 1 a frame", gt06, GT06_TARGET),
        _row(f"median of {len(rates)} protocols, captured frames", median, MEDIAN_TARGET),
        *(_row(f"{name}, captured frames", rate) for name, rate in sorted(rates.items())),
        *_bus_rows(),
        *_vector_rows(),
    ]


def _vector_rows() -> list[Row]:
    """How many of the captured frames give what they should; docs/protocols.md has the others."""
    shares = {name: passed(name) for name in PROTOCOLS_WITH_VECTORS}
    good, total = (sum(counts) for counts in zip(*shares.values(), strict=True))
    rows = [_vector_row(f"all {len(shares)} protocols", good, total)]
    return rows + [_vector_row(name, *counts) for name, counts in sorted(shares.items())]


def _vector_row(name: str, good: int, total: int) -> Row:
    return Row(
        part="e",
        measure=f"captured frames that pass: {name}, {good:,} of {total:,}",
        unit="%",
        milepost=100 * good / total,
        target="100 %",
        met=good == total,
    )


def _bus_rows() -> list[Row]:
    """A bus of 500 kbit/s sends at most some 4,000 frames a second; the target is twice that."""
    loads = {
        "J1939 EEC1, eight parameters a frame": rate_of(bus_frames(0x0CF00400, "607D84481400F084")),
        "OBD-II speed, one parameter a frame": rate_of(bus_frames(0x7E8, "03410D32AAAAAAAA")),
    }
    return [_row(measure, rate, BUS_TARGET, unit="frames/s") for measure, rate in loads.items()]


def _measured() -> list[str]:
    return [name for name in PROTOCOLS_WITH_VECTORS if feeds_of(PROTOCOLS[name])]


def _row(
    measure: str,
    rate: float,
    target: float | None = None,
    baseline: float | None = None,
    unit: str = "records/s",
) -> Row:
    return Row(
        part="e",
        measure=f"decoded: {measure}",
        unit=unit,
        milepost=rate,
        baseline=baseline,
        ratio=None if baseline is None else rate / baseline,
        target="" if target is None else f"≥ {target:,} {unit}",
        met=None if target is None else rate >= target,
    )
