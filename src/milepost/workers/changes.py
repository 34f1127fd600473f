"""What people changed, told to the processor and to live viewers."""

import asyncio
from uuid import UUID

import structlog

from milepost.domain.command_run import CommandChange
from milepost.domain.revocation import Revocation
from milepost.errors import Unavailable
from milepost.gateway.presence import Presence
from milepost.live.hub import Hub
from milepost.workers.dispatcher import Dispatcher
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.shards import Shards

log = structlog.get_logger(__name__)


class Changes:
    """Tells the processor and the live viewers of what people changed."""

    def __init__(
        self,
        shards: Shards,
        hub: Hub,
        store: ProcessorStore,
        dispatcher: Dispatcher,
        presence: Presence,
    ) -> None:
        self._shards = shards
        self._presence = presence
        self._dispatcher = dispatcher
        self._hub = hub
        self._store = store
        self._moving: set[asyncio.Task[None]] = set()

    def device_changed(self, device_id: UUID) -> None:
        """Connections of the device end; the next one sees the change."""
        for unique_id in self._shards.device_changed(device_id):
            self._presence.renew(unique_id)

    def vehicle_changed(self, tenant_id: UUID, vehicle_id: UUID) -> None:
        """Its devices are opened anew; viewers' permissions are looked at again."""
        self._shards.vehicle_changed(vehicle_id)
        self._hub.recheck(tenant_id)
        moving = asyncio.create_task(self._move(vehicle_id))
        self._moving.add(moving)
        moving.add_done_callback(self._moving.discard)

    async def _move(self, vehicle_id: UUID) -> None:
        """Show the vehicle in the fleet that it is in now, or no more."""
        try:
            fleets = await self._store.vehicle_fleets(vehicle_id)
        except Unavailable as error:
            log.warning("vehicle.not_moved", vehicle=str(vehicle_id), error=str(error))
            return
        if vehicle_id in fleets:
            self._hub.move(vehicle_id, fleets[vehicle_id][1])
        else:
            self._hub.remove(vehicle_id)

    def tenant_changed(self, tenant_id: UUID) -> None:
        """Likewise for the whole tenant."""
        self._shards.tenant_changed(tenant_id)
        self._hub.recheck(tenant_id)

    def access_ended(self, revocation: Revocation) -> None:
        """The live connections end; whoever may still sign in comes back with what they may see."""
        self._hub.revoke(revocation)

    def command_changed(self, change: CommandChange) -> None:
        """Viewers are told, and a new command is sent if there is a way to the device."""
        self._dispatcher.changed(change)
