"""GT06's answers to commands: types 15 and 21.

Source: Concox "GT06 GPS Tracker Communication Protocol" 1.8.1, sections 6.1 and 6.2.
"""

from milepost.protocols.gt06.contents import text_or_hex
from milepost.protocols.gt06.report import FrameReport
from milepost.protocols.wire.cursor import Cursor

_UTF_16 = 2
_DONE = ("success", "ok")
_NOT_DONE = ("fail", "error", "unvalued fix", "speed limit")


def read_command_answer(cursor: Cursor, report: FrameReport) -> None:
    """Type 15: length, server flag, text."""
    length = cursor.number(1)
    flag = cursor.take(min(4, cursor.left))
    text = text_or_hex(cursor.take(min(max(length - 4, 0), cursor.left)))
    iccid = text.partition("ICCID:")[2].rstrip(">")
    if iccid.isalnum():
        report.attributes["iccid"] = iccid
    _answer(report, flag, text)


def read_encoded_answer(cursor: Cursor, report: FrameReport) -> None:
    """Type 21: server flag, encoding (2: UTF-16), text."""
    flag = cursor.take(4)
    encoding = cursor.number(1)
    content = cursor.rest()
    text = content.decode("utf-16-be", "replace") if encoding == _UTF_16 else text_or_hex(content)
    _answer(report, flag, text.strip("\r\n\0"))


def _answer(report: FrameReport, flag: bytes, text: str) -> None:
    """The server flag is the number that the command had; 0 where it had none."""
    report.text = text
    report.reference = int.from_bytes(flag, "big") or None
    words = text.lower()
    if any(word in words for word in _NOT_DONE):
        report.accepted = False
    elif any(word in words for word in _DONE):
        report.accepted = True
