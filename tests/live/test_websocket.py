import asyncio
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from milepost.domain.revocation import Credential, Revocation
from milepost.live.hub import HubOptions
from milepost.live.options import LiveOptions
from milepost.live.protocol import Limits
from tests.live.fleet import (
    DRIVER,
    NORTH,
    OTHER_TENANT,
    SOUTH,
    TENANT,
    USER,
    identity,
    scope,
    state,
    vehicle_id,
)
from tests.live.server import World, ask, events, receive, running, subscribe


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running() as world:
        world.scopes["admin"] = scope()
        world.directory.put(0)
        world.directory.put(1, SOUTH)
        yield world


def report(world: World, number: int = 0, **changes: object) -> None:
    update = state(number, **changes)  # type: ignore[arg-type]
    world.hub.telemetry(TENANT, update.fleet_id, update.vehicle_id, update)


async def closed(client: websockets.ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            await asyncio.wait_for(client.recv(), 10)
    frame = caught.value.rcvd
    assert frame is not None
    return frame.code, frame.reason


async def eventually(world: World, viewers: int) -> None:
    for _ in range(1000):
        if world.hub.viewer_count == viewers:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{world.hub.viewer_count} viewers are left")


async def raw_handshake(
    world: World, subprotocols: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that reads only when the test says so, with a small receive buffer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port, limit=4096)
    key = b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Protocol: {subprotocols}\r\n\r\n".encode()
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert b" 101 " in head
    return reader, writer


def masked_text(text: str) -> bytes:
    payload = text.encode()
    assert len(payload) < 126
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload


async def test_position_reaches_the_viewers_of_vehicle_and_fleets(world: World) -> None:
    async with world.connect("admin") as client:
        assert client.subprotocol == "json"
        hello = await receive(client)
        assert hello["type"] == "connection_ack"
        assert set(hello["data"]) == {
            "clientId",
            "serverTime",
            "maxPayloadSize",
            "heartbeatInterval",
        }
        channels = [f"vehicle:{vehicle_id(0)}", f"fleet:{NORTH}", "fleet:all"]
        for channel in channels:
            ack, initial = await subscribe(client, channel)
            assert ack["status"] == "subscribed"
            assert initial["vehicles"] == []
        report(world, 0)
        found = {message["channel"]: message for message in await events(client, 3)}
    assert set(found) == set(channels)
    assert found[channels[0]]["event"] == "telemetry_update"
    assert found["fleet:all"]["event"] == "fleet_telemetry_update"
    assert found["fleet:all"]["data"]["location"] == {"lat": 52.0, "lng": 13.0}


async def test_every_answer_carries_the_request_id(world: World) -> None:
    async with world.connect("admin") as client:
        for kind, answer in (
            ("ping", "pong"),
            ("custom", "custom_ack"),
            ("dance", "error"),
            ("subscribe", "error"),
        ):
            assert (await ask(client, kind, f"id-{kind}"))["type"] == answer
        ack = await ask(client, "unsubscribe", "u", channel="fleet:all")
        assert ack["type"] == "unsubscription_ack"
        assert ack["data"]["status"] == "unsubscribed"


async def test_subscribing_again_is_acknowledged_again(world: World) -> None:
    async with world.connect("admin") as client:
        for _ in range(2):
            ack, _ = await subscribe(client, "fleet:all")
            assert ack["channel"] == "fleet:all"
        report(world)
        assert len(await events(client, 1)) == 1


async def test_channels_without_telemetry_have_no_initial_data(world: World) -> None:
    async with world.connect("admin") as client:
        await ask(client, "subscribe", "n", channel="system:notifications")
        assert (await ask(client, "ping", "p"))["type"] == "pong"


@pytest.mark.parametrize("token", [None, "", "wrong", "a.b.c", "x" * 4000])
async def test_a_wrong_token_closes_with_4401(world: World, token: str | None) -> None:
    async with world.connect(token) as client:
        code, reason = await closed(client)
    assert code == 4401
    assert reason
    assert world.hub.viewer_count == 0


async def test_the_token_may_follow_a_space(world: World) -> None:
    _, writer = await raw_handshake(world, "json, Bearer admin")
    await eventually(world, 1)
    writer.close()
    await eventually(world, 0)


async def test_an_expired_token_closes_with_4401(world: World) -> None:
    world.lifetimes_s["admin"] = 0.2
    async with world.connect("admin") as client:
        assert (await closed(client))[0] == 4401


async def test_only_what_is_the_callers_can_be_watched(world: World) -> None:
    world.directory.put(9, NORTH, tenant_id=OTHER_TENANT)
    world.directory.put(2, NORTH, DRIVER)
    world.scopes["north"] = scope("viewer", fleet_ids=(NORTH,))
    world.scopes["driver"] = scope("driver", driver_id=DRIVER)
    refused = {
        "north": [f"vehicle:{vehicle_id(1)}", f"fleet:{SOUTH}", f"vehicle:{vehicle_id(9)}"],
        "driver": [f"vehicle:{vehicle_id(0)}", f"fleet:{NORTH}", f"user:{identity(99)}", "admin:*"],
    }
    for token, channels in refused.items():
        async with world.connect(token) as client:
            for channel in channels:
                answer = await ask(client, "subscribe", channel, channel=channel)
                assert answer["type"] == "error"
                assert answer["data"]["code"] == "MESSAGE_PROCESSING_ERROR"
                assert answer["data"]["reason"] == "forbidden"
            await subscribe(client, "fleet:all")
            await ask(client, "subscribe", "u", channel=f"user:{USER}")
            report(world, 1, fleet_id=SOUTH)
            report(world, 2)
            (update,) = await events(client, 1)
            assert update["data"]["vehicleId"] == str(vehicle_id(2))


async def test_binary_and_broken_messages_are_refused_and_the_connection_goes_on(
    world: World,
) -> None:
    async with world.connect("admin") as client:
        assert (await receive(client))["type"] == "connection_ack"
        for frame in (b"\x00\xff", "{", "7", '{"type":[]}', '{"type":"ping","requestId":{}}'):
            await client.send(frame)
            assert (await receive(client))["data"]["code"] == "INVALID_MESSAGE_FORMAT"
        assert (await ask(client, "ping"))["type"] == "pong"


async def test_an_oversized_message_closes_with_1009(world: World) -> None:
    async with world.connect("admin") as client:
        await receive(client)
        await client.send("x" * 70_000)
        assert (await receive(client))["data"]["code"] == "INVALID_MESSAGE_FORMAT"
        assert (await closed(client))[0] == 1009


async def test_too_many_messages_are_refused_and_whoever_goes_on_is_closed() -> None:
    limits = Limits(messages_per_s=0.001, message_burst=3.0, max_refusals=5)
    async with running(LiveOptions(limits=limits)) as world:
        world.scopes["admin"] = scope()
        async with world.connect("admin") as client:
            await receive(client)
            for _ in range(9):
                await client.send('{"type":"ping"}')
            answers = [await receive(client) for _ in range(9)]
            assert [answer["type"] for answer in answers] == ["pong"] * 3 + ["error"] * 6
            assert answers[-1]["data"]["code"] == "RATE_LIMIT_EXCEEDED"
            assert (await closed(client))[0] == 1008


async def test_connections_per_address_are_limited() -> None:
    async with running(LiveOptions(max_connections_per_address=2)) as world:
        world.scopes["admin"] = scope()
        async with world.connect("admin") as one, world.connect("admin") as two:
            await receive(one)
            await receive(two)
            async with world.connect("admin") as three:
                assert (await closed(three))[0] == 1008
        await eventually(world, 0)
        async with world.connect("admin") as four:
            assert (await receive(four))["type"] == "connection_ack"


async def test_subscriptions_per_connection_are_limited() -> None:
    async with running(LiveOptions(max_subscriptions=1)) as world:
        world.scopes["admin"] = scope()
        async with world.connect("admin") as client:
            await subscribe(client, "fleet:all")
            answer = await ask(client, "subscribe", "x", channel="system:notifications")
            assert answer["data"]["reason"] == "invalid_input"
            await subscribe(client, "fleet:all")


async def test_two_tabs_of_one_user_unsubscribe_on_their_own(world: World) -> None:
    async with world.connect("admin") as one, world.connect("admin") as two:
        for tab in (one, two):
            await subscribe(tab, "fleet:all")
        await ask(one, "unsubscribe", "u", channel="fleet:all")
        report(world)
        assert len(await events(two, 1)) == 1
        assert (await ask(one, "ping"))["type"] == "pong"


async def test_resume_after_a_cut_gives_the_missed_events(world: World) -> None:
    async with world.connect("admin") as client:
        ack, _ = await subscribe(client, "fleet:all")
    await eventually(world, 0)
    for n in range(5):
        world.hub.event(TENANT, [f"fleet:{NORTH}"], "alert_triggered", {"n": n})
    report(world, 1, fleet_id=SOUTH)
    world.hub.flush()
    async with world.connect("admin") as client:
        place = {"epoch": ack["epoch"], "offset": ack["offset"]}
        again = await ask(client, "subscribe", channel="fleet:all", **place)
        assert again["data"]["recovered"] is True
        *missed, changed = await events(client, 6)
        assert [message["data"]["n"] for message in missed] == [0, 1, 2, 3, 4]
        assert {message["event"] for message in missed} == {"fleet_alert_triggered"}
        assert changed["data"]["vehicleId"] == str(vehicle_id(1))
    async with world.connect("admin") as client:
        again, initial = await subscribe(client, "fleet:all", epoch="of another start", offset=3)
        assert again["recovered"] is False
        assert [each["vehicleId"] for each in initial["vehicles"]] == [str(vehicle_id(1))]


async def test_ten_thousand_vehicles_arrive_in_frames_that_clients_accept(world: World) -> None:
    world.hub.seed([(TENANT, state(number)) for number in range(10_000)])
    async with world.connect("admin") as client:
        _, initial = await subscribe(client, "fleet:all")
        seen = {each["vehicleId"] for each in initial["vehicles"]}
        seen |= {each["data"]["vehicleId"] for each in await events(client, 10_000 - len(seen))}
    assert len(seen) == 10_000


async def last_speeds(client: websockets.ClientConnection, until_kmh: float) -> int:
    """Read until the last speed comes; how many batches that took."""
    batches = 0
    while True:
        message = await receive(client)
        batches += 1
        if message["messages"][-1]["data"]["speedKmh"] == until_kmh:
            return batches


async def test_a_viewer_that_does_not_read_is_closed_and_the_others_are_served() -> None:
    options = LiveOptions(send_timeout_s=0.5)
    async with running(options, HubOptions(flush_interval_s=0.005)) as world:
        world.scopes["admin"] = scope()
        _, writer = await raw_handshake(world, "json, Bearer.admin")
        writer.transport.pause_reading()
        writer.write(masked_text('{"type":"subscribe","data":{"channel":"fleet:all"}}'))
        async with world.connect("admin") as client:
            await subscribe(client, "fleet:all")
            reading = asyncio.create_task(last_speeds(client, -1.0))
            speed_kmh = 0.0
            async with asyncio.timeout(60):
                while world.hub.viewer_count == 2:
                    speed_kmh += 1.0
                    for number in range(500):
                        report(world, number, speed_kmh=speed_kmh)
                    await asyncio.sleep(0.005)
            report(world, 0, speed_kmh=-1.0)
            assert await asyncio.wait_for(reading, 10) > 10
            assert (await ask(client, "ping"))["type"] == "pong"
        writer.transport.abort()
        await eventually(world, 0)


async def test_a_driver_whose_assignment_ends_sees_the_vehicle_no_more(world: World) -> None:
    world.directory.put(2, NORTH, DRIVER)
    world.scopes["driver"] = scope("driver", driver_id=DRIVER)
    report(world, 2)
    channel = f"vehicle:{vehicle_id(2)}"
    async with world.connect("driver") as client:
        await subscribe(client, channel)
        _, initial = await subscribe(client, "fleet:all")
        assert len(initial["vehicles"]) == 1
        world.directory.put(2, NORTH, None)
        world.hub.recheck(TENANT)
        answers = {}
        while len(answers) < 2:
            message = await receive(client)
            if message["type"] in ("unsubscription_ack", "initial_data"):
                answers[message["type"]] = message["data"]
        assert answers["unsubscription_ack"]["channel"] == channel
        assert answers["unsubscription_ack"]["status"] == "revoked"
        assert answers["initial_data"] | {"epoch": "", "offset": 0} == {
            "channel": "fleet:all",
            "epoch": "",
            "offset": 0,
            "vehicles": [],
        }


async def test_a_revoked_user_is_closed_with_4401(world: World) -> None:
    async with world.connect("admin") as client:
        await receive(client)
        world.hub.revoke(Revocation("user", USER))
        assert (await closed(client))[0] == 4401


async def test_deep_json_is_refused_and_the_connection_goes_on(world: World) -> None:
    async with world.connect("admin") as client:
        await receive(client)
        for _ in range(3):
            await client.send('{"type":"ping","data":' + "[" * 30_000)
            refused = await receive(client)
            assert refused["type"] == "error"
            assert refused["data"]["code"] == "INVALID_MESSAGE_FORMAT"
        assert (await ask(client, "ping", "p"))["type"] == "pong"


async def test_one_session_ends_and_the_others_of_the_user_stay(world: World) -> None:
    for number, token in enumerate(("one", "other")):
        world.scopes[token] = scope()
        world.credentials[token] = Credential(user_id=USER, session_id=identity(50 + number))
    async with world.connect("one") as one, world.connect("other") as other:
        for client in (one, other):
            await receive(client)
            await subscribe(client, "fleet:all")
        world.hub.revoke(Revocation("session", identity(50)))
        assert await closed(one) == (4401, "the session has ended; sign in again")
        report(world, 0)
        assert (await events(other, 1))[0]["channel"] == "fleet:all"


async def test_a_revoked_viewer_that_does_not_read_is_gone_as_soon(world: World) -> None:
    reader, writer = await raw_handshake(world, "json, Bearer.admin")
    writer.write(masked_text('{"type":"subscribe","data":{"channel":"fleet:all"}}'))
    await eventually(world, 1)
    for round_ in range(40):
        for number in range(500):
            report(world, number, speed_kmh=float(round_))
        world.hub.flush()
        await asyncio.sleep(0.01)
    world.hub.revoke(Revocation("user", USER))
    # The peer has one second for the close frame; a send that it never takes has ten.
    async with asyncio.timeout(8):
        await eventually(world, 0)
    writer.close()
    reader.feed_eof()


async def test_a_restart_closes_with_1012(world: World) -> None:
    async with world.connect("admin") as client:
        await receive(client)
        world.hub.close()
        assert (await closed(client))[0] == 1012


async def test_the_server_pings_and_closes_who_is_silent() -> None:
    async with running(LiveOptions(heartbeat_s=0.1, idle_timeout_s=0.35)) as world:
        world.scopes["admin"] = scope()
        async with world.connect("admin") as silent, world.connect("admin") as answering:
            kinds = []
            while len(kinds) < 12:
                message = json.loads(await asyncio.wait_for(answering.recv(), 10))
                kinds.append(message["type"])
                await answering.send('{"type":"pong"}')
            assert kinds[0] == "connection_ack"
            assert set(kinds[1:]) == {"ping"}
            assert (await closed(silent))[0] == 1001


async def test_a_connection_that_is_cut_leaves_nothing_behind(world: World) -> None:
    clients = [await world.connect("admin") for _ in range(20)]
    for client in clients:
        await subscribe(client, "fleet:all")
    for client in clients:
        client.transport.abort()
    report(world)
    await eventually(world, 0)
