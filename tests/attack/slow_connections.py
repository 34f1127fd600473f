"""Connections that say nothing, or everything slowly, beside devices, viewers and health checks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import msgspec

from milepost.protocols.teltonika import PROTOCOL as TELTONIKA
from tests.attack import tracks
from tests.attack.judging import judged
from tests.attack.part import Part, Plan, Report, Row
from tests.attack.stand import Stand, stand
from tests.attack.viewer import Viewer
from tests.attack.witness import Witness, finish, percentile

CONNECTIONS = 400
WITNESSES = 4
CALM_S = 8.0
SLOW_S = 20.0
HEALTH_WITHIN_S = 5.0
HISTORY_MS = 2 * 86_400_000
# Room for a shared machine: at rest it is some tens of milliseconds.
ALLOWED_MS = 500.0
ALLOWED_FACTOR = 4.0

PROMISE = "Beside hundreds of such connections health checks, API, devices and viewers are served."
Opening = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def silent(writer: asyncio.StreamWriter) -> None:
    """Says nothing."""
    del writer


async def slow_header(writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET /api/v1/vehicles HTTP/1.1\r\nHost: milepost\r\n")
    while True:
        writer.write(b"X-Slow: 1\r\n")
        await writer.drain()
        await asyncio.sleep(2)


async def slow_body(writer: asyncio.StreamWriter) -> None:
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: milepost\r\n"
    writer.write(head + b"Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n{")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(2)


async def never_reading(writer: asyncio.StreamWriter) -> None:
    """Asks again and again for a large answer, and reads none."""
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    request = (
        b"GET /assets/ HTTP/1.1\r\nHost: milepost\r\n\r\nGET / HTTP/1.1\r\nHost: milepost\r\n\r\n"
    )
    while True:
        writer.write(request)
        await writer.drain()
        await asyncio.sleep(0.2)


async def half_a_frame(writer: asyncio.StreamWriter) -> None:
    """The beginning of a Teltonika login, a byte at a time."""
    while True:
        writer.write(b"\x00")
        await writer.drain()
        await asyncio.sleep(5)


WEB: dict[str, Opening] = {
    "silent": silent,
    "slow header": slow_header,
    "slow body": slow_body,
    "never reading": never_reading,
}
DEVICE: dict[str, Opening] = {"silent": silent, "half a frame": half_a_frame}


async def hold(port: int, opening: Opening, number: int) -> None:
    """One such connection; it comes back when the server ends it."""
    address = f"127.0.2.{1 + number % 8}"
    while True:
        with suppress(OSError, asyncio.TimeoutError):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(address, 0)
            )
            try:
                speaking = asyncio.ensure_future(opening(writer))
                if opening is never_reading:
                    await speaking
                while opening is not never_reading and await reader.read(4096):
                    pass
            finally:
                speaking.cancel()
                writer.transport.abort()
        await asyncio.sleep(1)


@asynccontextmanager
async def held(port: int, opening: Opening, count: int) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(hold(port, opening, number)) for number in range(count)]
    try:
        await asyncio.sleep(3)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def health(attacked: Stand, seconds: float) -> list[str]:
    """What did not answer in time, looked at from another address each second."""
    late: dict[str, int] = {}
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        for path in ("/healthz", "/readyz", "/api/v1/auth/me"):
            if not await _answers(attacked, path):
                late[path] = late.get(path, 0) + 1
        await asyncio.sleep(1)
    return [f"{path} did not answer {count} times" for path, count in late.items()]


async def _answers(attacked: Stand, path: str) -> bool:
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.1")
    async with httpx.AsyncClient(transport=transport, timeout=HEALTH_WITHIN_S) as client:
        try:
            answer = await client.get(attacked.server.url + path)
        except httpx.TransportError:
            return False
    return answer.status_code < 500


class Measured(msgspec.Struct, frozen=True):
    """99th percentiles, milliseconds."""

    device_ms: float
    viewer_ms: float


async def measured(witnesses: list[Witness], viewer: Viewer, seconds: float) -> Measured:
    since_s, seen = time.monotonic(), len(viewer.ages_ms)
    await asyncio.sleep(seconds)
    device_ms = [ms for each in witnesses for ms in each.answered_ms(since_s)]
    return Measured(
        percentile(device_ms, 99) if device_ms else float("inf"),
        percentile(viewer.ages_ms[seen:], 99) if viewer.ages_ms[seen:] else float("inf"),
    )


def slowed(name: str, calm_ms: float, now_ms: float) -> list[str]:
    allowed_ms = max(ALLOWED_MS, ALLOWED_FACTOR * calm_ms)
    return [f"{name} p99 {now_ms:.0f} ms instead of {calm_ms:.0f}"] if now_ms > allowed_ms else []


async def run(plan: Plan, report: Report) -> None:
    shrunk = min(1.0, plan.minutes / 10 * 2)
    count = max(140, round(CONNECTIONS * shrunk))
    async with stand(plan) as attacked:
        start_ms = (int(time.time()) - HISTORY_MS // 1000) * 1000
        devices = await attacked.office.register_all([f"3500003{n:08d}" for n in range(WITNESSES)])
        positions = HISTORY_MS // 1000 // tracks.STEP_S
        witnesses = [
            Witness(
                device,
                attacked.port_offset,
                tracks.orderly(tracks.Shuttle(start_ms, positions, lane), 2),
                pause_s=0.15,
            )
            for lane, device in enumerate(devices)
        ]
        viewer = Viewer(attacked.server, await attacked.office.token())
        running = asyncio.gather(*[each.run() for each in witnesses])
        seeing = asyncio.create_task(viewer.watch_on())
        await asyncio.sleep(2)
        calm = await measured(witnesses, viewer, CALM_S)
        assert TELTONIKA.port is not None
        places = [("web", attacked.server.port, WEB)]
        places.append(("device", TELTONIKA.port + attacked.port_offset, DEVICE))
        for place, port, openings in places:
            for name, opening in openings.items():
                async with held(port, opening, count):
                    late, now = await asyncio.gather(
                        health(attacked, SLOW_S * max(shrunk, 0.4)),
                        measured(witnesses, viewer, SLOW_S * max(shrunk, 0.4)),
                    )
                late += slowed("acknowledgement", calm.device_ms, now.device_ms)
                late += slowed("viewer", calm.viewer_ms, now.viewer_ms)
                report.add(
                    Row(
                        name=f"{name}, {place} port",
                        promise=PROMISE,
                        tries=count,
                        broken=tuple(late),
                        note=f"acknowledgement p99 {now.device_ms:.0f} ms (at rest "
                        f"{calm.device_ms:.0f}), viewer p99 {now.viewer_ms:.0f} ms (at rest "
                        f"{calm.viewer_ms:.0f})",
                    )
                )
        await attacked.ready()
        seeing.cancel()
        await finish(witnesses, running)
        row = Row(name="devices beside them", promise="They lose nothing.", tries=WITNESSES)
        row = await judged(row, attacked.office, witnesses, start_ms)
        report.add(msgspec.structs.replace(row, restarts=attacked.restarts))


PART = Part(
    "slow_connections", PROMISE + " Silent ones, slow headers, slow bodies, no reader.", run
)
