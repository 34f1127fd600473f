"""The caller's tenant on the wire."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from milepost.features.thresholds import (
    ThresholdPatch,
    ThresholdValues,
)
from milepost.features.wire import Body, Name, Wire


class TenantPatch(Body, frozen=True):
    """Changes of the tenant; thresholds are changed one by one, null goes back to the default."""

    name: Name | UnsetType = UNSET
    thresholds: ThresholdPatch | UnsetType = UNSET
    second_factor_required: bool | UnsetType = UNSET


class TenantView(Wire, frozen=True):
    """The tenant; `effectiveThresholds` are the defaults with the tenant's own in their place."""

    id: UUID
    name: str
    slug: str
    thresholds: ThresholdValues
    effective_thresholds: ThresholdValues
    adopts_unknown_devices: bool
    second_factor_required: bool
    created_at: datetime
    updated_at: datetime
