"""Finding 23: 500 and 503 where another answer is documented."""

import base64
import socket

from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand

LISTS = ("/vehicles", "/users", "/devices/unknown", "/devices", "/drivers", "/fleets", "/api-keys",
         "/feeds/positions")  # fmt: skip
FORGED = (
    "\x00", "AAAA", "WyJcdTAwMDAiLCJcdTAwMDAiXQ", "e30", "!", "a" * 3000, "-1", "9" * 20,
    "WzEsMl0=", "bnVsbA==", "WyJhIiwiYiJd",
)  # fmt: skip


def _forgeries(cursor: str | None) -> list[str]:
    """Made-up cursors, and a real one with its contents changed."""
    if not cursor:
        return list(FORGED)
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        content = base64.urlsafe_b64decode(padded)
    except ValueError:
        return [*FORGED, cursor[:-1], cursor + "A"]
    changed = [
        content.replace(b'"', b'"\\u0000', 1),
        content + b"\x00",
        content[::-1],
        content[:-2],
    ]
    changed += [content.replace(b"-", b"\x00"), b"[" * 5000, b"[1e400]", b'["\\ud800"]']
    return [*FORGED, *[base64.urlsafe_b64encode(each).decode().rstrip("=") for each in changed]]


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=0)
    office = attacked.office
    for number in range(3):
        await office.register(f"35000090000023{number}")
    for path in LISTS:
        first = await office.call("GET", path, params={"limit": "1"})
        cursor = first.json().get("next") if first.is_success else None
        for forged in _forgeries(cursor):
            answer = await office.call("GET", path, params={"after": forged})
            _judge(tried, f"{path}?after={forged[:20]!r}", answer.status_code)
    vehicle = (await office.items("/vehicles"))[0]["id"]
    period = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    for kind in ("positions", "trips", "stops", "events"):
        for forged in _forgeries(None):
            answer = await office.call(
                "GET", f"/vehicles/{vehicle}/{kind}", params={**period, "after": forged}
            )
            _judge(tried, f"{kind}?after={forged[:20]!r}", answer.status_code)
    for email in ("a\x00@example.com", "\ud800@example.com".encode("utf-8", "replace").decode()):
        answer = await office.http.post("/auth/login", json={"email": email, "password": "x"})
        _judge(tried, "a NUL in the e-mail", answer.status_code)
    for path in ("/api/v1/vehicles/%00", "/%00", "/api/v1/%00/x", "/" + "a" * 5000, "/assets/%00",
                 "/api/v1/vehicles/" + "b" * 9000, "/assets/" + "c/" * 3000):  # fmt: skip
        _judge(tried, path[:30], _status(attacked, path))
    return tried


def _judge(tried: Tried, what: str, status: int) -> None:
    tried.tries += 1
    tried.unless(status < 500, f"{what} answers {status}")


def _status(attacked: Stand, path: str) -> int:
    """By hand: clients repair such paths."""
    with socket.create_connection(("127.0.0.1", attacked.server.port), timeout=20) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: milepost\r\nConnection: close\r\n\r\n".encode())
        first = line.recv(4096).split(b"\r\n", 1)[0].split(b" ")
    return int(first[1]) if len(first) > 1 else 400


FINDING = Finding(
    number=23,
    promise="Forged cursors, NULs and endless paths are answered with 4xx.",
    run=run,
)
