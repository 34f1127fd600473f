"""One server a data folder, refusals that say why, and an end that leaves nothing running."""

import os
import socket
from datetime import UTC, datetime, timedelta

import psutil

from milepost import protocols
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.teltonika import PROTOCOL
from milepost.registry import discover
from tests.free_ports import free_offset, free_port
from tests.processes import alive
from tests.system.conclusions import stored_fixes
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server, span, vehicle_path

REFUSED = 2
IMEI = "350000000000100"
PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)


async def test_a_second_process_on_the_data_folder_is_refused(shared: Server) -> None:
    second = Server(shared.folder)
    code, said = await second.refused()
    assert code == REFUSED
    assert str(shared.data) in said
    assert f"process {shared.serve_process().pid} is using it" in said
    assert "Traceback" not in said
    assert await shared.readiness() == 200


async def test_a_taken_web_port_is_refused(stopped: Server) -> None:
    with socket.create_server(("127.0.0.1", stopped.port)):
        code, said = await stopped.refused()
    assert code == REFUSED
    assert f"web port {stopped.port} on 127.0.0.1" in said
    assert "Traceback" not in said
    assert not left_in(stopped)


async def test_a_taken_operations_port_is_refused_where_it_was_asked_for(stopped: Server) -> None:
    with socket.create_server(("127.0.0.1", stopped.ops_port)):
        code, said = await stopped.refused()
    assert code == REFUSED
    assert f"operations port {stopped.ops_port} on 127.0.0.1" in said
    assert not left_in(stopped)


async def test_without_the_default_operations_port_the_server_starts_all_the_same(
    stopped: Server,
) -> None:
    del stopped.settings["MILEPOST_OPS_PORT"]
    with socket.create_server(("127.0.0.1", stopped.port + 1000)):
        stopped.start()
        await stopped.ready()
        assert stopped.logged("operations_port.none")
        assert stopped.stop() == 0


async def test_a_taken_device_port_is_refused(stopped: Server) -> None:
    assert PROTOCOL.port is not None
    port = PROTOCOL.port + stopped.port_offset
    with socket.create_server(("127.0.0.1", port)):
        code, said = await stopped.refused()
    assert code == REFUSED
    assert f"TCP port {port} on 127.0.0.1 for {PROTOCOL.title}" in said
    assert "Traceback" not in said
    assert not left_in(stopped)


async def test_sigterm_ends_everything_and_the_next_start_has_the_data(server: Server) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    positions = drive(start, 60)
    tracker = Tracker(IMEI, PROTOCOL, server.port_offset)
    tracker.unsent = list(packets_of(positions, 10))
    await tracker.send()
    family = server.server_processes()
    assert server.stop() == 0
    assert not [process for process in family if alive(process)]
    assert not left_in(server)
    server.port, server.port_offset = free_port(), free_offset()
    server.start()
    await server.ready()
    async with server.client() as client:
        path = await vehicle_path(client, IMEI)
        fixes = await stored_fixes(client, path, span(start, start + timedelta(hours=1)))
    assert fixes == [position.fix_time_ms for position in positions]
    assert server.stop() == 0


def left_in(server: Server) -> list[psutil.Process]:
    """Processes that work in the server's data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words, folder = process.cmdline(), process.cwd()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        data = str(server.data)
        if process.pid != os.getpid() and (data in " ".join(words) or folder.startswith(data)):
            found.append(process)
    return found


async def test_a_server_that_is_ready_can_be_reached_by_devices(stopped: Server) -> None:
    """The last protocol's port is opened last."""
    streamed = [each for each in PROTOCOLS.values() if "tcp" in each.transports]
    stopped.start()
    await stopped.ready()
    for protocol in reversed(streamed):
        assert protocol.port is not None
        with socket.create_connection(("127.0.0.1", protocol.port + stopped.port_offset)):
            pass
    assert stopped.stop() == 0
