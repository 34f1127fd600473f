"""Health, readiness and metrics from a thread of their own, while the loop is busy, too."""

import asyncio
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from prometheus_client import CollectorRegistry, Counter

from milepost.api.exposition import Exposition
from milepost.api.loop_watch import LoopWatch
from milepost.api.operations_port import OperationsApp, OperationsPort
from milepost.api.parts import Ping
from milepost.api.readiness import ReadinessCheck
from milepost.api.web_server import listening_socket
from milepost.errors import Unavailable
from tests.free_ports import free_port


@asynccontextmanager
async def opened(
    ping: Ping, registry: CollectorRegistry, stall_after_s: float = 30.0
) -> AsyncIterator[str]:
    watch = LoopWatch(time.monotonic)
    watching = asyncio.create_task(watch.run())
    number = free_port()
    app = OperationsApp(
        asyncio.get_running_loop(),
        watch,
        ReadinessCheck({"engine": ping}),
        Exposition(registry, time.monotonic),
        stall_after_s,
    )
    port = OperationsPort(app, listening_socket("127.0.0.1", number, "operations port"))
    await port.open()
    yield f"http://127.0.0.1:{number}"
    await port.close()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


def read(url: str) -> tuple[int, bytes]:
    """Blocking, for a thread: the event loop of the test may be busy."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


async def asked(url: str) -> tuple[int, bytes]:
    return await asyncio.to_thread(read, url)


async def fine() -> None:
    """An engine that answers."""


async def test_it_answers_what_it_is_for_and_nothing_else() -> None:
    registry = CollectorRegistry()
    Counter("turns", "What turned", registry=registry).inc(3)
    async with opened(fine, registry) as url:
        status, health = await asked(f"{url}/healthz")
        assert status == 200
        assert msgspec.json.decode(health)["status"] == "ok"
        status, ready = await asked(f"{url}/readyz")
        assert (status, msgspec.json.decode(ready)["engines"]) == (200, {"engine": "ok"})
        status, metrics = await asked(f"{url}/metrics")
        assert status == 200
        assert b"turns_total 3.0" in metrics
        assert (await asked(f"{url}/api/v1/vehicles"))[0] == 404


async def test_health_answers_while_the_loop_is_busy_and_says_for_how_long() -> None:
    async with opened(fine, CollectorRegistry(), stall_after_s=0.5) as url:
        answers: list[tuple[int, bytes]] = []
        done = threading.Event()

        def ask() -> None:
            time.sleep(1.5)
            answers.append(read(f"{url}/healthz"))
            done.set()

        thread = threading.Thread(target=ask)
        thread.start()
        done.wait(60)  # here the loop hangs
        thread.join()
        ((status, health),) = answers
        assert status == 503
        assert msgspec.json.decode(health)["status"] == "hangs"
        assert msgspec.json.decode(health)["loopSilentS"] > 0.5
        while (await asked(f"{url}/healthz"))[0] != 200:
            await asyncio.sleep(0.05)


async def test_an_engine_that_is_silent_is_asked_once_however_many_ask() -> None:
    calls = 0

    async def silent() -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.2)
        raise Unavailable("the engine", "connection refused")

    async with opened(silent, CollectorRegistry()) as url:
        answers = await asyncio.gather(*(asked(f"{url}/readyz") for _ in range(8)))
    assert {status for status, _ in answers} == {503}
    assert b"connection refused" in answers[0][1]
    assert calls <= 4


def test_metrics_are_made_at_most_once_a_second() -> None:
    registry, now_s = CollectorRegistry(), [10.0]
    turns = Counter("turns", "What turned", registry=registry)
    exposition = Exposition(registry, lambda: now_s[0])
    assert b"turns_total 0.0" in exposition.text()
    turns.inc()
    assert b"turns_total 0.0" in exposition.text()
    now_s[0] += 1.0
    assert b"turns_total 1.0" in exposition.text()
