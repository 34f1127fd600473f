"""One unit of work: who asks, in which transaction, when, and with which new ids."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.command_run import CommandChange
from milepost.domain.revocation import Revocation
from milepost.domain.scope import Scope

Clock = Callable[[], datetime]
MakeId = Callable[[], UUID]


class ChangeNotice(Protocol):
    """How the running processor and the live hub learn that something was changed.

    They are told after the change is committed, so that what they read then is the new state.
    """

    def device_changed(self, device_id: UUID) -> None:
        """The device was added, changed or removed."""
        ...

    def vehicle_changed(self, tenant_id: UUID, vehicle_id: UUID) -> None:
        """The vehicle's fleet, driver or thresholds were changed, or it was removed."""
        ...

    def tenant_changed(self, tenant_id: UUID) -> None:
        """The tenant's thresholds, fleets or drivers were changed."""
        ...

    def access_ended(self, revocation: Revocation) -> None:
        """An account, a session or an API key may no longer do what it could until now."""
        ...

    def command_changed(self, change: CommandChange) -> None:
        """A command was asked for or taken back."""
        ...


class NobodyListens:
    """No processor runs in this process: the command line's notice."""

    def device_changed(self, device_id: UUID) -> None:
        """Nobody to tell."""

    def vehicle_changed(self, tenant_id: UUID, vehicle_id: UUID) -> None:
        """Nobody to tell."""

    def tenant_changed(self, tenant_id: UUID) -> None:
        """Nobody to tell."""

    def access_ended(self, revocation: Revocation) -> None:
        """Nobody to tell."""

    def command_changed(self, change: CommandChange) -> None:
        """Nobody to tell."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a service needs to carry out one request within one transaction.

    `who` is the caller in the audit: `user:<id>`, `api_key:<id>` or `system:<part>`.
    `session_id` is what a person is signed in with; None for a program. `address` is where the
    request comes from; empty for a part of the program.
    `after_commit` gathers what others are to be told once the transaction has been committed.
    """

    connection: AsyncConnection
    scope: Scope
    who: str
    clock: Clock
    make_id: MakeId
    notice: ChangeNotice
    session_id: UUID | None = None
    address: str = ""
    after_commit: list[Callable[[], None]] = msgspec.field(default_factory=list)

    def device_changed(self, device_id: UUID) -> None:
        """Say, after the commit, that the device must be read again."""
        self.after_commit.append(partial(self.notice.device_changed, device_id))

    def vehicle_changed(self, vehicle_id: UUID) -> None:
        """Say, after the commit, that the vehicle must be read again."""
        tell = partial(self.notice.vehicle_changed, self.scope.tenant_id, vehicle_id)
        self.after_commit.append(tell)

    def tenant_changed(self) -> None:
        """Say, after the commit, that the tenant must be read again."""
        self.after_commit.append(partial(self.notice.tenant_changed, self.scope.tenant_id))

    def user_changed(self, user_id: UUID) -> None:
        """Say, after the commit, that what the user may do must be read again."""
        self.access_ended(Revocation("user", user_id))

    def session_ended(self, session_id: UUID) -> None:
        """Say, after the commit, that what the session watches must close."""
        self.access_ended(Revocation("session", session_id))

    def access_ended(self, revocation: Revocation) -> None:
        """Say, after the commit, who may no longer do what they could until now."""
        self.after_commit.append(partial(self.notice.access_ended, revocation))

    def command_changed(self, change: CommandChange) -> None:
        """Say, after the commit, that a command has come to another state."""
        self.after_commit.append(partial(self.notice.command_changed, change))

    def announce(self) -> None:
        """Tell what was gathered; the edge calls this once the transaction is committed."""
        for tell in self.after_commit:
            tell()


def system_work(
    connection: AsyncConnection, tenant_id: UUID, part: str, clock: Clock, make_id: MakeId
) -> Work:
    """What a part of the program does by itself, as an administrator of the tenant.

    Args:
        connection: a transaction, usually the operator's.
        tenant_id: the tenant, which may be about to be made.
        part: who that is in the audit: `cli`, `demo`.
        clock: the time.
        make_id: where new ids come from.
    """
    return Work(
        connection=connection,
        scope=Scope(tenant_id=tenant_id, user_id=None, role="admin"),
        who=f"system:{part}",
        clock=clock,
        make_id=make_id,
        notice=NobodyListens(),
    )
