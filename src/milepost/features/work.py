"""One unit of work: who asks, in which transaction, when, and with which new ids."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.scope import Scope

Clock = Callable[[], datetime]
MakeId = Callable[[], UUID]


class ProcessorNotice(Protocol):
    """How the running processor learns that a device or a vehicle was changed.

    It is told after the change is committed, so that what it reads then is the new state.
    """

    def device_changed(self, device_id: UUID) -> None:
        """The device was added, changed or removed."""
        ...

    def vehicle_changed(self, vehicle_id: UUID) -> None:
        """The vehicle's fleet, driver or thresholds were changed, or it was removed."""
        ...

    def tenant_changed(self, tenant_id: UUID) -> None:
        """The tenant's thresholds were changed."""
        ...


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a service needs to carry out one request within one transaction.

    `after_commit` gathers what others are to be told once the transaction has been committed.
    """

    connection: AsyncConnection
    scope: Scope
    who: str
    clock: Clock
    make_id: MakeId
    notice: ProcessorNotice
    after_commit: list[Callable[[], None]] = msgspec.field(default_factory=list)

    def device_changed(self, device_id: UUID) -> None:
        """Tell the processor, after the commit, that it must read the device again."""
        self.after_commit.append(lambda: self.notice.device_changed(device_id))

    def vehicle_changed(self, vehicle_id: UUID) -> None:
        """Tell the processor, after the commit, that it must read the vehicle again."""
        self.after_commit.append(lambda: self.notice.vehicle_changed(vehicle_id))

    def tenant_changed(self) -> None:
        """Tell the processor, after the commit, that it must read the tenant again."""
        tenant_id = self.scope.tenant_id
        self.after_commit.append(lambda: self.notice.tenant_changed(tenant_id))

    def announce(self) -> None:
        """Tell what was gathered; the edge calls this once the transaction is committed."""
        for tell in self.after_commit:
            tell()
