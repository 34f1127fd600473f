"""`milepost rebuild`: trips, stops, events and totals drawn again from the stored positions."""

import argparse
import asyncio
import os
import time
from contextlib import AsyncExitStack
from uuid import UUID

from milepost.cli.logs import configure_logs
from milepost.cli.rebuilding import Teller, add_part_flags, since_ms, tenant_id
from milepost.compose.processing import open_offline_processor
from milepost.settings import Settings, load_settings
from milepost.stores.totals_rows import TotalsPart
from milepost.workers.rebuild import Rebuild, Rebuilt


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser(
        "rebuild",
        help="draw trips, stops, events and totals again from the stored positions",
        description="Draw trips, stops, events, totals and states again from the stored positions, "
        "as they would have come live. Stop the server first. It may be interrupted and run again.",
    )
    add_part_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Rebuild, telling how far it has come; 1 if a device could not be."""
    settings = load_settings(os.environ, data=args.data)
    configure_logs(settings.log_level, settings.log_format)
    done = asyncio.run(_rebuild(settings, args.tenant, args.vehicle, since_ms(args.since)))
    print(f"{done.units:,} devices from {done.positions:,} positions")
    for unit in done.failed:
        print(f"not rebuilt: device {unit.device_id} in vehicle {unit.vehicle_id}")
    return 1 if done.failed else 0


async def _rebuild(
    settings: Settings, slug: str | None, vehicle_id: UUID | None, from_ms: int
) -> Rebuilt:
    async with AsyncExitStack() as stack:
        engines, processor = await open_offline_processor(stack, settings)
        owner = None if slug is None else await tenant_id(engines.database, slug)
        part = TotalsPart(owner, vehicle_id, from_ms)
        now_ms = time.time_ns() // 1_000_000
        return await Rebuild(processor, engines.telemetry.totals_rows).run(part, now_ms, Teller())
