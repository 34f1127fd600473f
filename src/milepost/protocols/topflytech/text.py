"""TopFlyTech's text form: `(identity, kind, values … time, place)`.

Source: captured frames of the T8803.
"""

import re

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.topflytech.fields import NAME
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_FRAME = re.compile(r"\((\d{15})([A-Z]{2}\d{2})(.*)\)", re.DOTALL)
_FIX = re.compile(
    r"(\d{12})([AV])(\d{4}\.\d{1,6})([NS])(\d{5}\.\d{1,6})([EW])(\d{3}\.\d)(\d{3}\.\d{1,2})$"
)
_MILEAGE = re.compile(r"L([0-9A-Fa-f]{8})")
_STATUS = re.compile(r"S([0-9A-Fa-f]{8})")
_FIX_CHARACTERS = 60
_FIELDS = TextFields(NAME)


def read_text(frame: bytes) -> Message:
    """The message of a frame.

    Raises:
        ProtocolError: no end, no identity, no such time.
    """
    match = _FRAME.fullmatch(frame.decode("latin-1"))
    if match is None or not match[1].isascii():
        raise ProtocolError(NAME, f"no frame begins with {frame[:24]!r}")
    unique_id, kind, values = match.groups()
    fix = _FIX.search(values[-_FIX_CHARACTERS:])
    if fix is None:
        return Message("other", unique_id, text=f"{kind}{values}")
    report = Report(_FIELDS.time_ms("time", fix[1]))
    latitude = _FIELDS.degrees("latitude", fix[3], fix[4])
    longitude = _FIELDS.degrees("longitude", fix[5], fix[6])
    report.place(latitude, longitude, valid=fix[2] == "A")
    report.motion(float(fix[7]), float(fix[8]))
    mileage, status = _MILEAGE.search(values), _STATUS.search(values)
    if mileage is not None:
        report.fields["odometer_m"] = float(int(mileage[1], 16))
    if status is not None:
        report.note("status", status[1])
    report.event(kind)
    return Message("positions", unique_id, (report.position(),))
