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


class Units(SimpleNamespace):
    refolds = SimpleNamespace(qsize=lambda: 3)

    def __len__(self) -> int:
        return 5


def processor(**flusher: Any) -> Any:
    """What `Health` asks of a shard; whole ones are in tests/system/test_readiness.py."""
    state = {"checkpointed_ms": NOW_MS, "oldest_unwritten_ms": None, "quarantined": 0}
    return SimpleNamespace(
        flusher=SimpleNamespace(**{**state, **flusher}),
        taking=SimpleNamespace(failing=None, failed_s=0.0, pending_rows=7, append_took_s=0.002),
        blocks=SimpleNamespace(
            failing=None,
            oldest_waiting_s=0.4,
            waiting_rows=31,
            log_bytes=9_000,
            block_rows=800,
            write_took_s=0.05,
        ),
        units=Units(),
    )


def health(asked: Any, folder: Path) -> tuple[Health, CollectorRegistry]:
    registry = CollectorRegistry()
    return Health(
        [asked], SimpleNamespace(disagreeing=4), folder, lambda: NOW_MS, registry
    ), registry


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
    asked.taking.failing, asked.taking.failed_s = "no space left on device", now_s
    with pytest.raises(Unavailable, match="no space left on device"):
        await told.positions()
    asked.taking.failed_s = now_s - FAILURE_COUNTS_S - 1
    await told.positions()


async def test_positions_may_wait_two_minutes_for_clickhouse(tmp_path: Path) -> None:
    asked = processor()
    told, _ = health(asked, tmp_path)
    asked.blocks.failing, asked.blocks.oldest_waiting_s = "it takes nothing", 119.0
    await told.conclusions()
    asked.blocks.oldest_waiting_s = 121.0
    with pytest.raises(Unavailable, match="it takes nothing"):
        await told.conclusions()


def test_the_same_is_shown_as_metrics(tmp_path: Path) -> None:
    asked = processor(
        checkpointed_ms=NOW_MS - 3_500, oldest_unwritten_ms=NOW_MS - 1_250, quarantined=2
    )
    _, registry = health(asked, tmp_path)
    shown = registry.get_sample_value
    assert shown("milepost_checkpoint_age_seconds") == 3.5
    assert shown("milepost_oldest_unwritten_seconds") == 1.25
    assert shown("milepost_quarantined_units") == 2
    assert (shown("milepost_free_bytes") or 0) > 0
    assert shown("milepost_unlogged_rows") == 7
    assert shown("milepost_log_append_seconds") == 0.002
    assert shown("milepost_log_bytes") == 9_000
    assert shown("milepost_block_waiting_rows") == 31
    assert shown("milepost_block_waiting_seconds") == 0.4
    assert shown("milepost_block_rows") == 800
    assert shown("milepost_block_write_seconds") == 0.05
    assert shown("milepost_refold_backlog") == 3
    assert shown("milepost_units") == 5
    assert shown("milepost_disagreeing_units") == 4
