"""What fuzzing starts from: the captured frames, in every mode, and frames of our own."""

import json
from collections.abc import Iterator

from milepost.protocols.contract import DeviceProtocol, HttpRequest
from tests.protocols.vectors import FOLDER, input_of, records

MODES = (0x00, 0x01, 0x04, 0x08, 0x80, 0x81, 0x84)


def seeds_of(protocol: DeviceProtocol) -> Iterator[bytes]:
    """Inputs for `safety.check_input`."""
    for content in _contents(protocol):
        yield from (bytes((mode,)) + content for mode in MODES)
    yield from own_inputs(protocol.name)


def _contents(protocol: DeviceProtocol) -> Iterator[bytes]:
    for record in records("decode", protocol.name):
        data = input_of(record, protocol)
        if isinstance(data, HttpRequest):
            yield data.body or data.query.encode()
        elif isinstance(data, bytes):
            yield data
    if protocol.name == "mqtt_json":
        yield b'{"fixTime": "2026-03-01T08:15:00Z", "latitudeDeg": 52.5, "longitudeDeg": 13.4}'


def own_inputs(name: str) -> list[bytes]:
    """The inputs that once broke a codec."""
    path = FOLDER / "own" / f"{name}.jsonl"
    if not path.exists():
        return []
    return [bytes.fromhex(json.loads(line)["input"]) for line in path.read_text().splitlines()]
