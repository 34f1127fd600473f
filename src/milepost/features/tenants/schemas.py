"""The caller's tenant on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from milepost.features.thresholds import (
    ThresholdPatch,
    ThresholdValues,
)
from milepost.features.wire import Body, Name, Wire


class TenantPatch(Body, frozen=True):
    """Changes of the tenant; thresholds are changed one by one, null goes back to the default.

    Days begin in `timeZone`, an IANA name.
    """

    name: Name | UnsetType = UNSET
    thresholds: ThresholdPatch | UnsetType = UNSET
    second_factor_required: bool | UnsetType = UNSET
    time_zone: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


class TenantView(Wire, frozen=True):
    """The tenant; `effectiveThresholds` are the defaults with the tenant's own in their place."""

    id: UUID
    name: str
    slug: str
    thresholds: ThresholdValues
    effective_thresholds: ThresholdValues
    adopts_unknown_devices: bool
    second_factor_required: bool
    time_zone: str
    created_at: datetime
    updated_at: datetime
