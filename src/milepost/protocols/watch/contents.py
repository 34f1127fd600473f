"""What watches send besides places, by the keyword that the content begins with.

Source: "Beesure GPS SeTracker Server Protocol"; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from milepost.domain.message import MessageKind

Attributes = dict[str, str]
Fields = Sequence[str]


class Kind(msgspec.Struct, frozen=True):
    """How a keyword's message is read, and what it is answered with."""

    kind: MessageKind
    read: Callable[[Fields], Attributes]
    answer: str = ""


def _named(*names: str) -> Callable[[Fields], Attributes]:
    """The fields in their order; an empty name skips one."""

    def read(fields: Fields) -> Attributes:
        pairs = zip(names, fields, strict=False)
        return {name: field for name, field in pairs if name and field}

    return read


def _pressure(fields: Fields) -> Attributes:
    """Systolic, diastolic, heart rate, and what the wearer once told the watch."""
    told: Attributes = {}
    if len(fields) >= 2 and fields[0] and fields[1]:
        told["bloodPressure"] = f"{fields[0]}/{fields[1]}"
    if len(fields) >= 3 and fields[2]:
        told["heartRateBpm"] = fields[2]
    if any(fields[3:]):
        told["extra"] = ",".join(fields[3:])
    return told


def _configuration(fields: Fields) -> Attributes:
    return {"configuration": ",".join(fields)} if fields else {}


def _pulse(fields: Fields) -> Attributes:
    return {"heartRateBpm": fields[0]} if fields and fields[0] else {}


_ACTIVITY = _named("steps", "turnovers", "trackerBatteryPct")

KINDS: Mapping[str, Kind] = {
    "lk": Kind("heartbeat", _ACTIVITY, "LK"),
    "init": Kind("login", _named("phone", "", "firmware"), "INIT,1"),
    "config": Kind("login", _configuration, "CONFIG,1"),
    "tkq": Kind("heartbeat", _named(), "TKQ"),
    "tkq2": Kind("heartbeat", _named(), "TKQ2"),
    "appandfnreport": Kind("other", _configuration, "APPANDFNREPORT"),
    "iccid": Kind("positions", _named("iccid"), "ICCID"),
    "ccid": Kind("positions", _named("iccid"), "CCID"),
    "ryimei": Kind("positions", _named("imei"), "RYIMEI"),
    "pulse": Kind("positions", _pulse, "PULSE"),
    "heart": Kind("positions", _pulse, "heart"),
    "blood": Kind("positions", _pressure, "BLOOD"),
    "bphrt": Kind("positions", _pressure, "bphrt"),
    "temp": Kind("positions", _named("bodyTempC"), "TEMP"),
    "btemp2": Kind("positions", _named("", "bodyTempC"), "btemp2"),
    "oxygen": Kind("positions", _named("", "bloodOxygenPct"), "oxygen"),
    "step": Kind("positions", _named("steps"), "STEP"),
}
"""Keyword in lower case to its reading. Any other keyword is the answer to a command."""


def read_recording(content: bytes) -> Attributes:
    """`TK,sound`, whole."""
    return {"audio": content.partition(b",")[2].hex()}


def read_recording_part(content: bytes) -> Attributes:
    """`JXTK,kind,name,part,parts,sound`."""
    _, _, *told = content.split(b",", 5)
    names = ("media", "index", "field:parts")
    texts = (part.decode("latin-1") for part in told[:3])
    found = dict(zip(names, texts, strict=False))
    if len(told) > 3:
        found["audio"] = told[3].hex()
    return found


def read_picture(content: bytes) -> Attributes:
    """`img,kind,time,JPEG`."""
    parts = content.split(b",", 3)
    return {"photo": parts[-1].hex()} if len(parts) == 4 else {}


class Media(msgspec.Struct, frozen=True):
    """How a recording or picture is read, and what it is answered with."""

    read: Callable[[bytes], Attributes]
    answer: str = ""


MEDIA: Mapping[bytes, Media] = {
    b"TK": Media(read_recording, "TK,1"),
    b"JXTK": Media(read_recording_part, "JXTKR,1"),
    b"img": Media(read_picture),
}
"""Keywords whose content is not text."""

SOUND_ANSWERS: Mapping[bytes, bool] = {b"TK,1": True, b"TK,0": False}
"""What a watch says of a recording that it was sent."""
