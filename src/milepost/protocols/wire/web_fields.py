"""Values as phones and gateways write them in queries and JSON: numbers, times, places."""

import binascii
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from milepost.errors import ProtocolError

_FIRST_MS_VALUE = 100_000_000_000
_LATEST_TIME_MS = 253_402_300_799_999
_TRUE = frozenset({"true", "1", "on", "yes"})
_FALSE = frozenset({"false", "0", "off", "no"})


def number(protocol: str, name: str, value: object) -> float:
    """A finite number, also from its text.

    Raises:
        ProtocolError: anything else.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ProtocolError(protocol, f"{name}: a number is due, {value!r} came")
    try:
        parsed = float(value)
    except (ValueError, OverflowError) as error:
        raise ProtocolError(protocol, f"{name}: a number is due, {value!r} came") from error
    if not math.isfinite(parsed):
        raise ProtocolError(protocol, f"{name}: a finite number is due, {value!r} came")
    return parsed


def whole(protocol: str, name: str, value: object, lowest: int, highest: int) -> int:
    """A whole number within limits; a fraction is cut off.

    Raises:
        ProtocolError: anything else.
    """
    parsed = int(number(protocol, name, value))
    if not lowest <= parsed <= highest:
        raise ProtocolError(protocol, f"{name}: {lowest} to {highest} is due, {value!r} came")
    return parsed


def identity(protocol: str, parameters: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of the names that has a text or a number.

    Raises:
        ProtocolError: none has.
    """
    for name in names:
        value = parameters.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    raise ProtocolError(protocol, f"no device identity; it is one of {', '.join(names)}")


def truth(protocol: str, name: str, value: object) -> bool:
    """A boolean, also as `true`, `1`, `on`, `yes` and their opposites.

    Raises:
        ProtocolError: anything else.
    """
    text = str(value).lower()
    if text not in _TRUE and text not in _FALSE:
        raise ProtocolError(protocol, f"{name}: true or false is due, {value!r} came")
    return text in _TRUE


def time_ms(protocol: str, value: object) -> int:
    """Unix seconds, Unix milliseconds (from 10¹¹ on), or ISO 8601, UTC unless it says otherwise.

    Raises:
        ProtocolError: none of these, or not between 1970 and 9999.
    """
    milliseconds = _milliseconds(protocol, value)
    if not 0 <= milliseconds <= _LATEST_TIME_MS:
        raise ProtocolError(protocol, f"time {value!r} is not between 1970 and 9999")
    return milliseconds


def _milliseconds(protocol: str, value: object) -> int:
    if isinstance(value, str) and ("-" in value[1:] or ":" in value):
        try:
            moment = datetime.fromisoformat(value.strip().replace(" ", "T").replace("Z", "+00:00"))
            return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
        except (ValueError, OverflowError) as error:
            raise ProtocolError(protocol, f"time {value!r} is not ISO 8601") from error
    parsed = number(protocol, "time", value)
    return round(parsed if abs(parsed) >= _FIRST_MS_VALUE else parsed * 1000)


def place(protocol: str, latitude: object, longitude: object) -> dict[str, Any]:
    """The fields of a place.

    Raises:
        ProtocolError: no numbers, or beyond 90° or 180°.
    """
    latitude_deg = number(protocol, "latitude", latitude)
    longitude_deg = number(protocol, "longitude", longitude)
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        raise ProtocolError(protocol, f"there is no place {latitude_deg}, {longitude_deg}")
    return {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}


def course(degrees: float) -> float | None:
    """A course of 0 to 360°; None for what devices say if they do not know."""
    return degrees if 0 <= degrees <= 360 else None


def speed(kmh: float) -> float | None:
    """A speed; None for what devices say if they do not know."""
    return kmh if kmh >= 0 else None


def json_of(protocol: str, content: bytes) -> Any:
    """The JSON value of a body.

    Raises:
        ProtocolError: it is no JSON, or nested without end.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(protocol, f"no JSON: {error}") from error


def json_object(protocol: str, value: object) -> dict[str, Any]:
    """The value as a JSON object.

    Raises:
        ProtocolError: it is something else.
    """
    if not isinstance(value, dict):
        raise ProtocolError(protocol, f"a JSON object is due, {type(value).__name__} came")
    return value


def text_of(value: object) -> str:
    """A value as attributes keep it."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def secret(parameters: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """What the caller shows that it is itself by: `secret`, else HTTP's Basic or Bearer."""
    given = parameters.get("secret")
    if isinstance(given, str) and given:
        return given
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials or None
    return _password(credentials) if scheme.lower() == "basic" else None


def _password(credentials: str) -> str | None:
    """Of Basic (RFC 7617): `user:password` in base64."""
    try:
        pair = binascii.a2b_base64(credentials.encode("latin-1"), strict_mode=True).decode()
    except ValueError:
        return None
    return pair.partition(":")[2] or None
