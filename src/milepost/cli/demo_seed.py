"""What makes a data folder the demo's: a tenant with its fleets, vehicles, trackers and sign-in."""

import ipaddress
import multiprocessing
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from milepost.api.parts import DemoCredentials
from milepost.errors import InvalidInput
from milepost.features.devices.schemas import NewDevice
from milepost.features.devices.service import create_device
from milepost.features.fleets.schemas import NewFleet
from milepost.features.fleets.service import create_fleet
from milepost.features.passwords import Passwords
from milepost.features.tenants.service import create_tenant
from milepost.features.tenants.store import find_tenant_by_slug
from milepost.features.users.schemas import NewUser
from milepost.features.users.service import keep_user
from milepost.features.vehicles.schemas import NewVehicle
from milepost.features.vehicles.service import create_vehicle
from milepost.features.work import Work, system_work
from milepost.settings import Settings
from milepost.simulator.demo import DemoServer, DemoVehicle, demo_fleet, run_demo
from milepost.stores.postgres.database import Database

DEMO = DemoCredentials("demo@example.com", "milepost-demo")
SLUG = "demo"
MARKER = "demo.txt"
PLAYER_STATE = "demo-player.json"


def check_demo_folder(settings: Settings) -> None:
    """Let a demo run only in a folder that is empty or a demo's own.

    Raises:
        InvalidInput: the folder holds something else.
    """
    folder = settings.data
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise InvalidInput("--data", str(folder), "a new folder, or one that a demo has made")


def check_demo_host(settings: Settings) -> None:
    """Keep the demo's well-known password away from networks.

    Raises:
        InvalidInput: a demo's data folder is to be served on an address that others can reach.
    """
    if not (settings.data / MARKER).exists():
        return
    with suppress(ValueError):
        if settings.host == "localhost" or ipaddress.ip_address(settings.host).is_loopback:
            return
    raise InvalidInput("--host", settings.host, "a loopback address for a demo's data folder")


async def seed_demo(settings: Settings, database: Database) -> None:
    """Make the demo's tenant, once."""
    fleet = demo_fleet(demo_data())
    async with database.operator_transaction() as connection:
        if await find_tenant_by_slug(connection, SLUG) is None:
            (settings.data / MARKER).write_text(
                "Made by `milepost demo`; its password is public.\n"
            )
            await _fill(_work(connection), fleet)


async def _fill(work: Work, fleet: list[DemoVehicle]) -> None:
    await create_tenant(work, "Demo", SLUG)
    demo_user = NewUser(DEMO.email, "Demo", DEMO.password, "admin")
    await keep_user(work, Passwords(), demo_user)
    names = dict.fromkeys(vehicle.fleet for vehicle in fleet)
    fleets = {name: (await create_fleet(work, NewFleet(name))).id for name in names}
    for each in fleet:
        vehicle = await create_vehicle(
            work,
            NewVehicle(
                name=each.name,
                fleet_id=fleets[each.fleet],
                make=each.make,
                model=each.model,
                year=each.year,
                fuel_type=each.fuel_type,
            ),
        )
        await create_device(work, NewDevice(each.unique_id, each.protocol, vehicle.id))


def start_player(settings: Settings, speed: float) -> multiprocessing.process.BaseProcess:
    """Start the demo's trackers, in a process of their own: they share nothing with the server."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    player = multiprocessing.get_context("spawn").Process(
        target=run_demo,
        args=(
            demo_data(),
            DemoServer(host, settings.port_offset),
            speed,
            settings.data / PLAYER_STATE,
        ),
        daemon=True,
    )
    player.start()
    return player


def demo_data() -> Path:
    """The recordings: inside an installed wheel, or `demo/` of a checkout."""
    installed = Path(str(files("milepost"))) / "demo_data"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "demo"


def _work(connection: AsyncConnection) -> Work:
    return system_work(connection, uuid7(), "demo", lambda: datetime.now(UTC), uuid7)
