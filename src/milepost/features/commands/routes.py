"""/devices/{deviceId}/commands."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from milepost.domain.command_run import CommandRun
from milepost.features.answers import created
from milepost.features.commands import service, store
from milepost.features.commands.schemas import (
    CommandHistory,
    CommandPage,
    CommandStepView,
    CommandView,
    NewCommand,
    SupportedCommands,
)
from milepost.features.commands.service import CommandRules
from milepost.features.commands.supported import supported_commands
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.devices.store import DEVICES
from milepost.features.guards import needs
from milepost.features.idempotency.once import Once
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.wire import view_of
from milepost.features.work import Work


@post("/", operation_id="sendCommand", guards=[needs("send_commands")])
async def send_command(
    device_id: FromPath[UUID],
    data: JSONBody[NewCommand],
    work: NamedDependency[Work],
    once: NamedDependency[Once],
    command_rules: NamedDependency[CommandRules],
) -> Response[CommandView]:
    """Queue a command; it is sent as soon as there is a way to the device, until it expires.

    What stops the engine is answered with 428 at first, with a token to confirm it by.
    """

    async def create() -> Response[CommandView]:
        run = await service.send_command(work, device_id, data, command_rules)
        return created(_view(run), f"/devices/{device_id}/commands/{run.id}")

    return await once.create(create)


@get("/", operation_id="listCommands", guards=[needs("read_commands")])
async def list_commands(
    device_id: FromPath[UUID],
    work: NamedDependency[Work],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> CommandPage:
    """A device's commands, the newest first."""
    await DEVICES.get(work.connection, work.scope, device_id)
    page = await store.page_runs(work.connection, work.scope.tenant_id, device_id, after, limit)
    return CommandPage(items=[_view(run) for run in page.items], next=page.next)


@get("/supported", operation_id="listSupportedCommands", guards=[needs("read_commands")])
async def list_supported_commands(
    device_id: FromPath[UUID],
    work: NamedDependency[Work],
    protocols: NamedDependency[KnownProtocols],
) -> SupportedCommands:
    """What the device can be told."""
    device = await DEVICES.get(work.connection, work.scope, device_id)
    protocol = protocols.get(device.protocol)
    return SupportedCommands(
        protocol=device.protocol, items=supported_commands(work.scope, protocol)
    )


@get("/{command_id:uuid}", operation_id="getCommand", guards=[needs("read_commands")])
async def get_command(
    device_id: FromPath[UUID], command_id: FromPath[UUID], work: NamedDependency[Work]
) -> CommandHistory:
    """One command with every change of its state."""
    await DEVICES.get(work.connection, work.scope, device_id)
    place = (work.connection, work.scope.tenant_id, device_id, command_id)
    run = await store.get_run(*place)
    steps = await store.steps_of(work.connection, run)
    return view_of(run, CommandHistory, history=[view_of(each, CommandStepView) for each in steps])


@post(
    "/{command_id:uuid}/cancel",
    operation_id="cancelCommand",
    guards=[needs("send_commands")],
    status_code=HTTP_200_OK,
)
async def cancel_command(
    device_id: FromPath[UUID], command_id: FromPath[UUID], work: NamedDependency[Work]
) -> CommandView:
    """Take a command back that has not been sent."""
    return _view(await service.cancel_command(work, device_id, command_id))


def _view(run: CommandRun) -> CommandView:
    return view_of(run, CommandView)


ROUTER = Router(
    "/devices/{device_id:uuid}/commands",
    route_handlers=[
        send_command,
        list_commands,
        list_supported_commands,
        get_command,
        cancel_command,
    ],
    tags=["Commands"],
)
