"""What no browser sends to a web port."""

from random import Random

_PATHS = (
    "/", "/healthz", "/api/v1/vehicles", "/api/v1/auth/login", "/api/v1/feeds/positions", "/ws",
    "/metrics", "/schema/openapi.json", "/api/v1/vehicles/%00", "/%00", "/..%2f..%2fetc/passwd",
    "/api/v1/vehicles?after=%00", "/api/v1/devices/unknown?after=AAAA", "/" + "a" * 5000,
    "/?id=%00&lat=1&lon=1", "/?id=35&lat=1e999&lon=1&timestamp=99999999999999999999",
)  # fmt: skip
_METHODS = ("GET", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "PATCH", "X" * 50, "get", "PRI")
_BODIES = (
    b"", b"\x00" * 64, b"[" * 20_000, b'{"email":"a\\u0000@example.com","password":"x"}',
    b'{"device_id":"\\u0000","location":{}}', b"5\r\nabc", b"{\"a\":1e999}", b"\xff\xfe" * 200,
)  # fmt: skip
_HEADERS = (
    b"Content-Length: 5\r\nContent-Length: 6", b"Transfer-Encoding: chunked",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x",
    b"Authorization: Bearer " + b"e" * 4000, b"X: \x00", b"Host: \xff\xff", b"Expect: 100-continue",
    b"Content-Type: application/json", b"Content-Length: 99999999999", b": nothing", b"",
)  # fmt: skip


def request(chance: Random) -> bytes:
    """One request, or what looks like the beginning of one."""
    kind = chance.random()
    if kind < 0.2:
        return chance.randbytes(chance.choice((1, 20, 600, 9000)))
    head = f"{chance.choice(_METHODS)} {chance.choice(_PATHS)} HTTP/1.1\r\nHost: milepost\r\n"
    body = chance.choice(_BODIES)
    headers = chance.choice(_HEADERS)
    length = b"" if kind < 0.3 else b"Content-Length: %d\r\n" % len(body)
    return head.encode() + length + headers + b"\r\n\r\n" + body
