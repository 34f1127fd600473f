"""Values from outside that no engine can hold, for every kind of parameter."""

import base64
import json
from collections.abc import Iterator
from typing import Any

TEXTS = [
    "\x00",
    "a\x00b",
    "\x1b[31m\r\n",
    "x" * 5000,
    "\ufffe\uffff\U0010ffff",
    "null",
    "",
    "%",
    "' OR 1=1 --",
]
NUMBERS = ["1" + "0" * 30, "-1" + "0" * 30, "1e308", "-1e308", "NaN", "Infinity", "2147483648"]
NUMBERS += ["9223372036854775808", "-9223372036854775809", "18446744073709551616", "0x10", "1.5"]
TIMES = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "-271821-04-20T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "1970-01-01T00:00:00",
]
IDS = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{}"]

_ID = IDS[1]
_TIMES = ["0001-01-01T00:00:00", *TIMES]
_INTEGERS = [-1, 0, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, 1.5, None]


def _cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def cursors() -> Iterator[str]:
    """Cursors that look as if a list had given them."""
    for value in (None, 0, [], {}, "", "\x00", "x" * 300, _ID, [_ID], [[_ID]], IDS[0]):
        yield _cursor(value)
    for text in ("\x00", "a\x00", "\ud800", "\uffff"):
        yield _cursor(text)
        yield _cursor([text, _ID])
    for time in _TIMES:
        yield _cursor([time, _ID])
    for integer in _INTEGERS:
        yield _cursor(integer)
        yield _cursor([integer, _ID])
        good = {"fix_time_ms": 1, "received_time_ms": 1, "device_id": _ID, "fingerprint": 1}
        for field in ("fix_time_ms", "received_time_ms", "fingerprint"):
            yield _cursor({**good, field: integer})
    yield base64.urlsafe_b64encode(b"[" * 300).decode()
    yield base64.urlsafe_b64encode(b"\xff\xfe\x00").decode().rstrip("=")
    yield "a" * 5


def of_parameter(name: str, schema: dict[str, Any]) -> list[str]:
    """What to send in a query, path or header parameter."""
    if name == "after":
        return [*cursors(), *TEXTS]
    kinds = {each.get("type") for each in (schema, *schema.get("oneOf", ()))}
    if kinds & {"integer", "number"}:
        return [*NUMBERS, "\x00"]
    if schema.get("format") == "date-time":
        return [*TIMES, *TEXTS]
    return [*TEXTS, NUMBERS[0]] if "enum" not in schema else TEXTS[:4]


def in_body() -> list[Any]:
    """What to put in the place of a field of a JSON body."""
    integers: list[Any] = [each for each in _INTEGERS if each is not None]
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    return [*TEXTS, *TIMES, *IDS, *integers, 1e308, -1e308, True, None, [], {}, deep, ["\x00"]]


# Raw request targets: a client need not percent-encode what a library would.
PATHS = [
    "/%00",
    "/a%00b",
    "/assets/%00.js",
    "/assets/a%00b.js",
    "/api/v1/vehicles/%00",
    "/api/v1/%00",
    "/schema/%00",
    "/healthz/%00",
    "/%ED%A0%80",
    "/assets/%ED%A0%80.js",
    "/%FF%FE",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/" + "a" * 300,
    "/" + "a" * 5000,
    "/" + "a/" * 4000,
    "/assets/" + "a" * 5000 + ".js",
    "/api/v1/vehicles/" + "a" * 5000,
    "/api/v1/devices/unknown/" + "a" * 5000 + "/adopt",
    "/api/v1/devices/unknown/%00/adopt",
    "/api/v1/protocols/%00/commands",
    "/vehicles?search=%00",
    "/?%00=%00",
    "/api/v1/vehicles?after=%ED%A0%80",
    "/api/v1/vehicles?search=%ED%A0%80",
    "/api/v1/vehicles?%ED%A0%80=1",
    "/api/v1/vehicles?search=%FF",
]
