"""What became of what the witnesses sent: by their own count, by arithmetic, by a clean run."""

import asyncio
import time
from collections.abc import Sequence

import msgspec

from tests.attack import history, tracks
from tests.attack.history import History
from tests.attack.office import Office, Registered
from tests.attack.part import Plan, Row
from tests.attack.stand import stand
from tests.attack.witness import Witness, deliver

# Sentences of a row: the first tell what it is about.
SHOWN = 8


class Account(msgspec.Struct, frozen=True):
    """What became of one device's records, and where it differs from a clean run."""

    missing: int
    doubled: int
    contradictions: list[str]
    differing: dict[str, int]
    history: History

    @property
    def whole(self) -> bool:
        return not (self.missing or self.doubled or self.contradictions or self.differing)


async def account(
    office: Office,
    vehicle_id: str,
    fix_times: Sequence[int],
    start_ms: int,
    patience_s: float = history.PATIENCE_S,
    clean: History | None = None,
) -> Account:
    """Compare with the acknowledged fix times, the arithmetic of a whole shuttle, a clean run.

    What is not as it must be is looked at again until patience ends: conclusions take a moment.
    """
    period = history.span(start_ms, max(fix_times, default=start_ms))
    known = tracks.known(start_ms, len(fix_times))
    deadline_s = time.monotonic() + patience_s
    while True:
        found = await history.read(office, vehicle_id, period, len(fix_times), patience_s)
        missing, doubled = history.missing_and_doubled(found, fix_times)
        result = Account(
            missing,
            doubled,
            history.against_arithmetic(found, known),
            found.differences(clean) if clean else {},
            found,
        )
        if result.whole or time.monotonic() > deadline_s:
            return result
        await asyncio.sleep(2)


async def judged(
    row: Row,
    office: Office,
    witnesses: list[Witness],
    start_ms: int,
    clean: Sequence[History] = (),
) -> Row:
    """The row with losses and doubles, contradictions of the track, differences from a clean run.

    What contradicts arithmetic counts as a difference, each device's each sentence once.
    """
    found = await asyncio.gather(
        *[
            account(
                office,
                each.device.vehicle_id,
                sorted(each.acknowledged),
                start_ms,
                clean=clean[number] if clean else None,
            )
            for number, each in enumerate(witnesses)
        ]
    )
    doubled = sum(each.doubled for each in found)
    words = [f"{doubled} records are there twice"] if doubled else []
    for witness, each in zip(witnesses, found, strict=True):
        differing = [f"{count} {kind} differ" for kind, count in each.differing.items()]
        words += [
            f"{witness.device.unique_id}: {word}" for word in [*each.contradictions, *differing]
        ]
    differences = doubled + sum(
        len(each.contradictions) + sum(each.differing.values()) for each in found
    )
    return msgspec.structs.replace(
        row,
        acknowledged=row.acknowledged + sum(len(each.acknowledged) for each in witnesses),
        lost=row.lost + sum(each.missing for each in found),
        differences=row.differences + differences,
        broken=(*row.broken, *words[:SHOWN]),
    )


async def clean_run(plan: Plan, witnesses: list[Witness], start_ms: int) -> list[History]:
    """The histories of the same records, sent once and in order to a fresh server."""
    async with stand(plan) as fresh:
        devices = await fresh.office.register_all([each.device.unique_id for each in witnesses])
        await asyncio.gather(
            *[
                _send(device, fresh.port_offset, witness)
                for device, witness in zip(devices, witnesses, strict=True)
            ]
        )
        return [
            (
                await account(fresh.office, device.vehicle_id, sorted(each.acknowledged), start_ms)
            ).history
            for device, each in zip(devices, witnesses, strict=True)
        ]


async def _send(device: Registered, port_offset: int, witness: Witness) -> None:
    in_order = [position for _, position in sorted(witness.acknowledged.items())]
    await deliver(device, port_offset, tracks.orderly(in_order))
