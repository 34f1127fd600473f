"""The lines that `milepost decode` reads: what a device sent, and over what."""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from milepost.errors import MilepostError
from milepost.protocols.contract import DeviceProtocol, HttpRequest, Input, Publish, Transport

_METHODS = ("GET", "POST", "PUT", "HEAD")


class UnreadableLine(MilepostError):
    """A line is no JSON object, or does not say what was sent."""

    code = "unreadable_line"

    def __init__(self, reason: str, *, is_json: bool) -> None:
        self.is_json = is_json
        super().__init__(reason)


class Http(msgspec.Struct):
    """The request line and headers; the payload of the line is the body unless `body` is there."""

    method: str = "GET"
    uri: str | None = None
    path: str | None = None
    query: str | None = None
    headers: dict[str, str] = {}
    body: str | None = None


class Mqtt(msgspec.Struct):
    """The topic of a publish."""

    topic: str = ""


class Frame(msgspec.Struct):
    """One line. Lines of one `instance` come from one connection, with the options of `config`."""

    payload: str = ""
    transport: str = "binary"
    payload_encoding: str | None = None
    network: list[str] = []
    http: Http | None = None
    mqtt: Mqtt | None = None
    topic: str | None = None
    instance: str = ""
    config: dict[str, bool | int | float | str] = {}

    @property
    def options(self) -> dict[str, str]:
        """The device's decoder options; `setLongDate` is taken for `longDate`."""
        return {_option(name): _text(value) for name, value in self.config.items()}


def read_line(line: str) -> Frame:
    """The frame of a line.

    Raises:
        UnreadableLine: no JSON object, or fields of the wrong kind.
    """
    try:
        root = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableLine(f"no JSON: {error}", is_json=False) from error
    if isinstance(root, dict) and "payload" in root and not isinstance(root["payload"], str):
        root["payload"] = msgspec.json.encode(root["payload"]).decode()
    try:
        return msgspec.convert(root, Frame)
    except msgspec.ValidationError as error:
        raise UnreadableLine(f"no frame: {error}", is_json=True) from error


def transports_of(frame: Frame, protocol: DeviceProtocol) -> tuple[Transport, ...]:
    """Over what the frame may have come, the likeliest first."""
    if frame.transport in ("http", "http-request") or protocol.transports == ("http",):
        return ("http",)
    if frame.transport == "mqtt" or protocol.transports == ("mqtt",):
        return ("mqtt",)
    if frame.http is not None and "http" in protocol.transports:
        return ("http",)
    if frame.transport == "udp" or frame.network == ["udp"]:
        return ("udp",)
    if "tcp" in protocol.transports:
        both = frame.transport != "tcp" and "udp" in protocol.transports
        return ("tcp", "udp") if both else ("tcp",)
    return protocol.transports[:1]


def input_of(frame: Frame, transport: Transport, protocol: DeviceProtocol) -> Input:
    """What the codec takes.

    Raises:
        UnreadableLine: the payload is not hex where it has to be.
    """
    if transport == "http":
        return _request(frame)
    if transport == "mqtt":
        topic = frame.topic or (frame.mqtt.topic if frame.mqtt is not None else "")
        return Publish(topic, _content(frame, binary=False))
    binary = frame.transport in ("binary", "tcp", "udp")
    content = _content(frame, binary=binary)
    return content if binary else _framed(content, protocol)


def _framed(content: bytes, protocol: DeviceProtocol) -> bytes:
    """A text with the delimiters that it had on the wire."""
    begin, end = protocol.text_frame
    content = content if content.startswith(begin) else begin + content
    ends = content.endswith(end) or (end.strip() and content.rstrip().endswith(end))
    return content if ends else content + end


def _option(name: str) -> str:
    is_setter = name.startswith("set") and name[3:4].isupper()
    return name[3].lower() + name[4:] if is_setter else name


def _text(value: bool | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _content(frame: Frame, *, binary: bool) -> bytes:
    if not binary and frame.payload_encoding != "hex":
        return frame.payload.encode()
    try:
        return bytes.fromhex(frame.payload)
    except ValueError as error:
        raise UnreadableLine(f"the payload is no hex: {error}", is_json=True) from error


def _request(frame: Frame) -> HttpRequest:
    if frame.http is None:
        return _request_of_text(_content(frame, binary=False))
    http = frame.http
    target = urlsplit(http.uri or http.path or "/")
    body = _content(frame, binary=False) if http.body is None else http.body.encode()
    headers = {name.lower(): value for name, value in http.headers.items()}
    return HttpRequest(http.method, target.path, http.query or target.query, headers, body)


def _request_of_text(content: bytes) -> HttpRequest:
    """A raw request, a JSON body, or a URI or query alone."""
    if content.lstrip()[:1] in (b"{", b"["):
        return HttpRequest("POST", "/", "", {}, content)
    head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    method, _, rest = first.partition(" ")
    if method not in _METHODS:
        target = urlsplit(first if "?" in first else f"/?{first}")
        return HttpRequest("GET", target.path, target.query, {}, b"")
    target = urlsplit(rest.partition(" ")[0])
    headers: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return HttpRequest(method, target.path, target.query, headers, body)
