"""Ready means: devices can be answered, and what was concluded is written."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from milepost.errors import Unavailable
from milepost.workers.health import FAILURE_COUNTS_S, Health

NOW_MS = 1_800_000_000_000


def processor(**flusher: Any) -> Any:
    """What `Health` asks of a processor; whole ones are in tests/system/test_readiness.py."""
    state = {"checkpointed_ms": NOW_MS, "oldest_unwritten_ms": None, "quarantined": 0}
    return SimpleNamespace(
        flusher=SimpleNamespace(**{**state, **flusher}),
        committer=SimpleNamespace(failing=None, failed_s=0.0, pending_rows=7),
    )


def health(asked: Any, folder: Path) -> tuple[Health, CollectorRegistry]:
    registry = CollectorRegistry()
    return Health(asked, folder, lambda: NOW_MS, registry), registry


async def test_a_conclusion_may_wait_two_minutes(tmp_path: Path) -> None:
    asked = processor(oldest_unwritten_ms=NOW_MS - 119_000)
    told, _ = health(asked, tmp_path)
    await told.conclusions()
    asked.flusher.oldest_unwritten_ms = NOW_MS - 121_000
    with pytest.raises(Unavailable, match="the oldest has waited for 121 s"):
        await told.conclusions()


async def test_a_failed_write_counts_until_devices_have_come_again(tmp_path: Path) -> None:
    asked = processor()
    told, _ = health(asked, tmp_path)
    await told.positions()
    now_s = asyncio.get_running_loop().time()
    asked.committer.failing, asked.committer.failed_s = "no space left on device", now_s
    with pytest.raises(Unavailable, match="no space left on device"):
        await told.positions()
    asked.committer.failed_s = now_s - FAILURE_COUNTS_S - 1
    await told.positions()


def test_the_same_is_shown_as_metrics(tmp_path: Path) -> None:
    asked = processor(
        checkpointed_ms=NOW_MS - 3_500, oldest_unwritten_ms=NOW_MS - 1_250, quarantined=2
    )
    _, registry = health(asked, tmp_path)
    shown = registry.get_sample_value
    assert shown("milepost_checkpoint_age_seconds") == 3.5
    assert shown("milepost_oldest_unwritten_seconds") == 1.25
    assert shown("milepost_quarantined_units") == 2
    assert shown("milepost_uncommitted_rows") == 7
    assert (shown("milepost_free_bytes") or 0) > 0
