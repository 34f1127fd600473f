"""What became of what the witnesses sent: by their own count, by arithmetic, by a clean run."""

import asyncio
from collections.abc import Sequence

import msgspec

from tests.attack import history, tracks
from tests.attack.history import History
from tests.attack.office import Office, Registered
from tests.attack.part import Plan, Row
from tests.attack.stand import stand
from tests.attack.witness import Witness, deliver


class Account(msgspec.Struct, frozen=True):
    """What became of one device's records."""

    missing: int
    doubled: int
    contradictions: list[str]
    history: History


async def account(
    office: Office,
    vehicle_id: str,
    fix_times: Sequence[int],
    start_ms: int,
    patience_s: float = history.PATIENCE_S,
) -> Account:
    """Compare with the acknowledged fix times, and with the arithmetic of a whole shuttle."""
    period = history.span(start_ms, max(fix_times, default=start_ms))
    found = await history.read(office, vehicle_id, period, len(fix_times), patience_s)
    missing, doubled = history.missing_and_doubled(found, fix_times)
    known = tracks.known(start_ms, len(fix_times))
    return Account(missing, doubled, history.against_arithmetic(found, known), found)


async def accounts(office: Office, witnesses: list[Witness], start_ms: int) -> list[Account]:
    return list(
        await asyncio.gather(
            *[
                account(office, each.device.vehicle_id, sorted(each.acknowledged), start_ms)
                for each in witnesses
            ]
        )
    )


async def judged(
    row: Row,
    office: Office,
    witnesses: list[Witness],
    start_ms: int,
    clean: Sequence[History] | None = None,
) -> Row:
    """The row with losses and doubles, contradictions of the track, differences from a clean run.

    What contradicts arithmetic counts as a difference, each device's each sentence once.
    """
    found = await accounts(office, witnesses, start_ms)
    words = [word for each in found for word in each.contradictions]
    differences = len(words)
    for mine, theirs in zip(found, clean or [], strict=bool(clean)) if clean else []:
        differing = mine.history.differences(theirs)
        differences += sum(differing.values())
        words += [f"{count} {kind} differ from the clean run" for kind, count in differing.items()]
    doubled = sum(each.doubled for each in found)
    return msgspec.structs.replace(
        row,
        acknowledged=row.acknowledged + sum(len(each.acknowledged) for each in witnesses),
        lost=row.lost + sum(each.missing for each in found),
        differences=row.differences + differences + doubled,
        broken=(*row.broken, *([f"{doubled} records are there twice"] if doubled else []), *words),
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
