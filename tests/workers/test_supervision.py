"""A worker that fails begins again; what it met is logged once and counted always."""

import asyncio

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from milepost.workers.supervision import Faults, supervised


def count(registry: CollectorRegistry, worker: str) -> float | None:
    return registry.get_sample_value("milepost_worker_faults_total", {"worker": worker})


async def test_a_worker_that_raises_or_returns_is_started_again() -> None:
    registry, starts, done = CollectorRegistry(), [], asyncio.Event()

    async def work() -> None:
        starts.append(None)
        if len(starts) == 1:
            raise RuntimeError("boom")
        if len(starts) == 2:
            return
        done.set()
        await asyncio.Event().wait()

    task = supervised(work, "test", Faults(registry))
    async with asyncio.timeout(30):
        await done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert count(registry, "test") == 1


async def test_a_fault_at_one_place_is_written_out_once_and_counted_always() -> None:
    registry = CollectorRegistry()
    faults = Faults(registry)

    def fail(worker: str) -> None:
        try:
            raise KeyError("gone")
        except KeyError as error:
            faults.note(worker, error, device="356307042441013")

    with capture_logs() as logs:
        for _ in range(1_000):
            fail("commit")
        fail("flush")
    assert [(line["worker"], line["device"]) for line in logs] == [
        ("commit", "356307042441013"),
        ("flush", "356307042441013"),
    ]
    assert count(registry, "commit") == 1_000
