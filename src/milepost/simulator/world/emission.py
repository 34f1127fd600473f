"""A world's devices on the wire."""

from collections.abc import Iterator

import msgspec

from milepost.domain.position import Position
from milepost.protocols.contract import DeviceProtocol
from milepost.simulator.player import Part
from milepost.simulator.rehearsal import encoder_of
from milepost.simulator.wires import Target
from milepost.simulator.world.world import LivedVehicle

TOGETHER_MS = 1000
MOST_TOGETHER = 50


class Sending(msgspec.Struct, frozen=True):
    """Bytes that a device writes at a time; the first of a connection is its login."""

    time_ms: int
    data: bytes


def part_of(vehicle: LivedVehicle, target: Target) -> Part:
    """The vehicle's part for the player, which plays it over a real socket."""
    return Part(
        vehicle.unique_id,
        target,
        [report.position for report in vehicle.reports],
        [report.received_time_ms for report in vehicle.reports],
    )


def sendings(vehicle: LivedVehicle, protocol: DeviceProtocol) -> Iterator[Sending]:
    """Everything that the device writes, as on one connection.

    Raises:
        InvalidInput: the protocol has no encoder.
    """
    encoder = encoder_of(protocol)
    login = encoder.login(vehicle.unique_id)
    if login and vehicle.reports:
        yield Sending(vehicle.reports[0].received_time_ms, login)
    for time_ms, positions in batches(vehicle):
        yield Sending(time_ms, encoder.positions(vehicle.unique_id, positions))


def batches(vehicle: LivedVehicle) -> Iterator[tuple[int, list[Position]]]:
    """Reports that reach the server within a second of each other go out together."""
    batch: list[Position] = []
    first_ms = 0
    for report in vehicle.reports:
        is_apart = report.received_time_ms - first_ms > TOGETHER_MS
        if batch and (is_apart or len(batch) == MOST_TOGETHER):
            yield first_ms, batch
            batch = []
        if not batch:
            first_ms = report.received_time_ms
        batch.append(report.position)
    if batch:
        yield first_ms, batch
