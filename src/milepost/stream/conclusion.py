"""What a kind of conclusion is: all that others must know to keep, replace and tell it.

A kind is one module of `stream/conclusions` that ends in the constant `CONCLUSION`. It is pure: it
says what a row holds and what viewers are told, and knows neither an engine nor a clock.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Literal, TypeVar

import msgspec

from milepost.domain.permission import Permission

OutputKey = tuple[str, int, str]
Row = dict[str, object]

Concluded = TypeVar("Concluded", bound=msgspec.Struct)


class Occasion(msgspec.Struct, frozen=True):
    """When an output is written: `late` if it was drawn from positions that came out of order."""

    written_time: datetime
    late: bool


class LiveEvent(msgspec.Struct, Generic[Concluded], frozen=True, kw_only=True):
    """What viewers of the vehicle are told of an output at once.

    `names` are all that `name` may give. `data` has the keys of the wire; whoever tells it adds
    the ids of vehicle, device and driver.
    """

    names: tuple[str, ...]
    name: Callable[[Concluded], str]
    data: Callable[[Concluded], Row]


class Conclusion(msgspec.Struct, Generic[Concluded], frozen=True, kw_only=True):
    """One kind of conclusion.

    Attributes:
        output_type: what the steps put out; it belongs to this kind alone.
        key: the natural key within a device in a vehicle: a word for the kind, Unix milliseconds,
            and what else tells two apart. Stored ids are made from it: it must never change.
        table: where it is kept, by the table's name.
        row: the columns that the output gives. The writer adds whose it is (tenant, vehicle,
            device); under `deletion` also `id` and `decided_fix_time_ms`.
        replacement: what becomes of a row that late data takes the ground from. `deletion`: a row
            of PostgreSQL goes if it was decided after the fix from which all was concluded anew,
            and was not concluded again. `version`: a row of ClickHouse stays until a newer version
            of the same key, perhaps an empty one, takes its place.
        kept_columns: of these a row keeps what was written first.
        driven_since: the time column at which the table's `driver_id` is looked up in the dated
            assignments; None if the table has no driver.
        live_event: None if only the stored rows tell of it.
        permission: whoever reads it needs this.
    """

    output_type: type[Concluded]
    key: Callable[[Concluded], OutputKey]
    table: str
    row: Callable[[Concluded, Occasion], Row]
    replacement: Literal["deletion", "version"] = "deletion"
    kept_columns: tuple[str, ...] = ()
    driven_since: str | None = None
    live_event: LiveEvent[Concluded] | None = None
    permission: Permission


def unix_ms(time: datetime) -> int:
    """An aware time as Unix milliseconds."""
    return round(time.timestamp() * 1000)
