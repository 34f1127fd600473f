"""Lines that makers put beside the sentences: identities, networks, reports of their own.

Source: Aspicore GSM Tracker "UDP protocol description"; captured frames of Sierra Wireless,
WMCS and QZE devices.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.t55.sentences import FIELDS, PROTOCOL_NAME, due, whole
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

_CURRENT_CELL = re.compile(
    r"CurCell (\d{1,10}) LAC (\d{1,10}) Name (.*?) MCC (\d{1,4}) MNC (\d{1,4})"
    r"(?: MODE (\S+))?(?: SSI (\S+))?"
)

IDENTITIES = frozenset({"PGID", "GPFID", "GPSTN", "PCPTI", "PSIWMDID", "DEVID", "IMEI"})
"""Names of sentences whose first field is the device's identity."""


def identity_of(name: str, fields: Sequence[str]) -> str:
    """The first field.

    Raises:
        ProtocolError: it is empty or not there.
    """
    identity = fields[0].strip() if fields else ""
    if not identity:
        raise ProtocolError(PROTOCOL_NAME, f"{name}: an identity is due")
    return identity


def read_cell(line: str) -> Message | None:
    """Aspicore's line of the serving cell, or None for another line."""
    found = _CURRENT_CELL.match(line)
    if found is None:
        return None
    cell, area, name, country, network, mode, strength = found.groups()
    attributes = {
        "cells": cell_text(int(country), int(network), int(area), int(cell)),
        "operator": name,
    }
    if mode is not None:
        attributes["networkType"] = mode
    if strength is not None:
        attributes["gsmSignal"] = strength
    return Message("other", attributes=attributes)


def read_network(fields: Sequence[str]) -> Message:
    """`TXT,NET`: area, operator, dBm, MCC and MNC; other texts stay as they are."""
    if len(fields) < 5 or fields[0] != "NET":
        return Message("other", attributes={"text": ",".join(fields)})
    attributes = {
        "network:area": fields[1],
        "operator": f"{fields[2]} {fields[4]}",
        "signalDbm": fields[3],
    }
    return Message("other", attributes=attributes)


def read_qze(fields: Sequence[str], received_time_ms: int) -> tuple[str, Report]:
    """Identity and report: event, `DDMMYYYY`, `HHMMSS`, degrees, km/h, course, A or V, ignition.

    Raises:
        ProtocolError: a field that is missing or not what it has to be.
    """
    due("QZE", fields, 9)
    day = fields[2]
    report = Report(FIELDS.moment_ms(fields[3], day[:4] + day[6:], received_time_ms))
    report.event(fields[1])
    latitude_deg = FIELDS.number("latitude", fields[4])
    longitude_deg = FIELDS.number("longitude", fields[5])
    report.place(latitude_deg, longitude_deg, valid=fields[8] == "A")
    report.motion(FIELDS.number("speed", fields[6]), FIELDS.number("course", fields[7]))
    if len(fields) > 9:
        report.fields["ignition"] = fields[9] == "1"
    return identity_of("QZE", fields), report


def read_connect(fields: Sequence[str]) -> tuple[str, dict[str, str]]:
    """WMCS's first line: identity, `NETWORK` with the operator, then names and values.

    Raises:
        ProtocolError: there is no identity.
    """
    identity = identity_of("CONNECT", fields)
    named = dict(pairwise(fields[1:]))
    names = {"NETWORK": "operator", "LAC": "network:area", "CID": "network:cell"}
    return identity, {ours: named[name].strip('"') for name, ours in names.items() if name in named}


def read_wmcs(fields: Sequence[str], received_time_ms: int) -> tuple[str, Report]:
    """WMCS's report: identity, three fields, then names that each have a value behind them.

    Raises:
        ProtocolError: a field that is missing or not what it has to be.
    """
    due("ID", fields, 3)
    first = {name: at for at, name in reversed(list(enumerate(fields)))}

    def behind(name: str, count: int) -> Sequence[str]:
        values = fields[first[name] + 1 :][:count] if name in first else ()
        return (*values, *[""] * (count - len(values)))

    report = Report(FIELDS.moment_ms(behind("T", 1)[0], behind("D", 1)[0], received_time_ms))
    report.note("model", fields[2])
    if "La" in first and "Lo" in first:
        valid = behind("GPSEX", 1)[0] == "A"
        _put_degrees(behind("La", 2), behind("Lo", 2), report, valid=valid)
    for name, put in _WMCS.items():
        if name in first:
            put(behind(name, 1)[0], report)
    return identity_of("ID", fields), report


def _put_degrees(
    latitude: Sequence[str], longitude: Sequence[str], report: Report, *, valid: bool
) -> None:
    latitude_deg = FIELDS.number("latitude", latitude[0])
    longitude_deg = FIELDS.number("longitude", longitude[0])
    report.place(
        -latitude_deg if latitude[1] == "S" else latitude_deg,
        -longitude_deg if longitude[1] == "W" else longitude_deg,
        valid=valid,
    )


def _put_satellites(text: str, report: Report) -> None:
    """In view and in use."""
    visible, _, used = text.partition(":")
    report.note("satellitesVisible", whole("satellites", visible))
    if used:
        report.fields["satellites"] = whole("satellites", used)


def _put_bits(name: str) -> Callable[[str, Report], None]:
    def put(text: str, report: Report) -> None:
        report.note(name, whole(name, str(FIELDS.whole(name, text, 16))))

    return put


_WMCS: Mapping[str, Callable[[str, Report], None]] = {
    "O": _put_bits("outputs"),
    "I": _put_bits("inputs"),
    "S": _put_satellites,
}
