"""At start: are the totals as new as the checkpoint says?

An older release did not put them on the disk before the checkpoint, so a power cut took them; a
folder or a volume may also have been restored in part.
"""

import structlog

from milepost.errors import Unavailable
from milepost.stores.telemetry import Telemetry
from milepost.stores.totals_rows import TotalsPart
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.totals_rebuild import TotalsRebuild

log = structlog.get_logger(__name__)

# What is folded again in some ten seconds; more would keep devices waiting.
REPAIRED_AT_START = 500_000


async def repair_totals(store: ProcessorStore, telemetry: Telemetry, now_ms: int) -> None:
    """Rebuild what is missing if that is quick; else say which command does it.

    Every flush writes its totals before its checkpoint, with the same version. So there is
    something to look for only if no row has the checkpoint's version, which is quick to see.
    An engine that does not manage is no reason not to start.
    """
    try:
        await _repair(store, telemetry, now_ms)
    except Unavailable as error:
        log.warning("totals.not_checked", error=str(error))


async def _repair(store: ProcessorStore, telemetry: Telemetry, now_ms: int) -> None:
    rows, checkpoint = telemetry.totals_rows, await store.load_checkpoint()
    if checkpoint.version == 0 or await rows.newest_version() >= checkpoint.version:
        return
    missing = await rows.missing(checkpoint.watermark_ms)
    positions = sum(each.positions for each in missing)
    if not missing:
        return
    if positions > REPAIRED_AT_START:
        log.error(
            "totals.missing",
            devices=len(missing),
            positions=positions,
            remedy="stop the server and run `milepost totals rebuild`",
        )
        return
    log.warning("totals.repairing", devices=len(missing), positions=positions)
    rebuild = TotalsRebuild(store, rows)
    for tenant_id, vehicle_id in sorted({(each.tenant_id, each.vehicle_id) for each in missing}):
        await rebuild.run(TotalsPart(tenant_id, vehicle_id), now_ms, lambda *_: None)
