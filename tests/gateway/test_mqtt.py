"""The MQTT client against a real Mosquitto: PUBACK after the durable write, in order."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiomqtt
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from milepost.errors import InvalidInput
from milepost.gateway.listeners import Gateway, open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.gateway.mqtt import Broker, parse_broker
from milepost.protocols import mqtt_json, owntracks
from tests.gateway.conftest import IMEI, NOW_MS, WITHIN_S, at_any_port, eventually, position
from tests.gateway.memory_ingest import MemoryIngest
from tests.waiting_for_port import wait_for_port

TOPIC = f"milepost/{IMEI}/position"
ENCODER = mqtt_json.PROTOCOL.encoder()


def payload(*seconds: int) -> bytes:
    return ENCODER.positions(IMEI, [position(each) for each in seconds])


@pytest.fixture
def client_id() -> str:
    return f"milepost-test-{uuid4()}"


@asynccontextmanager
async def gateway_of(
    ingest: MemoryIngest, registry: CollectorRegistry, broker: Broker
) -> AsyncIterator[Gateway]:
    async with open_gateway(
        ingest,
        {each.name: at_any_port(each) for each in (mqtt_json.PROTOCOL, owntracks.PROTOCOL)},
        host="127.0.0.1",
        port_offset=0,
        clock_ms=lambda: NOW_MS,
        metrics=GatewayMetrics(registry),
        broker=broker,
    ) as gateway:
        assert gateway.mqtt is not None
        await asyncio.wait_for(gateway.mqtt.connected.wait(), WITHIN_S)
        yield gateway


class Mosquitto:
    """A broker of one's own, to be stopped and started."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {folder}/\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", self._configuration],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def broker_of_one_s_own(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(free_port(), tmp_path)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


@pytest.mark.realserver
async def test_publishes_are_stored(
    ingest: MemoryIngest, registry: CollectorRegistry, mosquitto_port: int, client_id: str
) -> None:
    broker = Broker("127.0.0.1", mosquitto_port, tls=False, client_id=client_id)
    ingest.known.add("phone")
    async with (
        gateway_of(ingest, registry, broker),
        aiomqtt.Client("127.0.0.1", mosquitto_port) as device,
    ):
        await device.publish(TOPIC, payload(1, 2), qos=1)
        line = owntracks.PROTOCOL.encoder().positions("phone", [position(3)])
        await device.publish("owntracks/ann/phone", line, qos=1)
        await device.publish(TOPIC, payload(4), qos=0)
        await eventually(lambda: len(ingest.stored) == 4)
    assert [row.protocol for row in ingest.stored].count("owntracks") == 1


@pytest.mark.realserver
async def test_what_was_not_durable_is_delivered_again(
    ingest: MemoryIngest, registry: CollectorRegistry, mosquitto_port: int, client_id: str
) -> None:
    """The broker forgets a publish only once it is stored; a gateway that ends gets it again."""
    broker = Broker("127.0.0.1", mosquitto_port, tls=False, client_id=client_id)
    ingest.hold()
    async with aiomqtt.Client("127.0.0.1", mosquitto_port) as device:
        async with gateway_of(ingest, registry, broker):
            await device.publish(TOPIC, payload(1), qos=1)
            await device.publish(TOPIC, payload(2), qos=1)
            await eventually(lambda: ingest.waiting == 2)
        await device.publish(TOPIC, payload(3), qos=1)
    again = MemoryIngest()
    again.known.add(IMEI)
    async with gateway_of(again, CollectorRegistry(), broker):
        await eventually(lambda: len(again.stored) == 3)
    async with gateway_of(again, CollectorRegistry(), broker):
        await asyncio.sleep(0.2)
    assert [row.position.fix_time_ms - NOW_MS for row in again.stored] == [1000, 2000, 3000]


@pytest.mark.realserver
async def test_a_failed_commit_makes_the_broker_deliver_again(
    ingest: MemoryIngest, registry: CollectorRegistry, mosquitto_port: int, client_id: str
) -> None:
    broker = Broker("127.0.0.1", mosquitto_port, tls=False, client_id=client_id)
    ingest.failing = True
    async with (
        gateway_of(ingest, registry, broker) as gateway,
        aiomqtt.Client("127.0.0.1", mosquitto_port) as device,
    ):
        assert gateway.mqtt is not None
        await device.publish(TOPIC, payload(1), qos=1)
        await eventually(lambda: gateway.mqtt is not None and not gateway.mqtt.connected.is_set())
        ingest.failing = False
        await eventually(lambda: len(ingest.stored) == 1)


@pytest.mark.realserver
async def test_what_can_never_be_stored_does_not_come_back(
    ingest: MemoryIngest, registry: CollectorRegistry, mosquitto_port: int, client_id: str
) -> None:
    broker = Broker("127.0.0.1", mosquitto_port, tls=False, client_id=client_id)
    with capture_logs() as logs:
        async with (
            gateway_of(ingest, registry, broker),
            aiomqtt.Client("127.0.0.1", mosquitto_port) as device,
        ):
            await device.publish(TOPIC, b"\xff\x00 no JSON", qos=1)
            await device.publish("milepost/stranger/position", payload(1), qos=1)
            await device.publish(TOPIC, payload(2), qos=1)
            await eventually(lambda: len(ingest.stored) == 1)
            await eventually(lambda: len(ingest.unknown) == 1)
        async with gateway_of(ingest, CollectorRegistry(), broker):
            await asyncio.sleep(0.2)
    events = [line["event"] for line in logs]
    assert events.count("gateway.bad_frame") == 1
    assert events.count("gateway.unknown_device") == 1
    assert len(ingest.stored) == 1


@pytest.mark.realserver
async def test_the_gateway_comes_back_to_a_broker_that_was_away(
    ingest: MemoryIngest,
    registry: CollectorRegistry,
    broker_of_one_s_own: Mosquitto,
    client_id: str,
) -> None:
    port = broker_of_one_s_own.port
    broker = Broker("127.0.0.1", port, tls=False, client_id=client_id)
    async with gateway_of(ingest, registry, broker) as gateway:
        listener = gateway.mqtt
        assert listener is not None
        await asyncio.to_thread(broker_of_one_s_own.stop)
        await eventually(lambda: not listener.connected.is_set())
        await asyncio.to_thread(broker_of_one_s_own.start)
        await asyncio.wait_for(listener.connected.wait(), WITHIN_S)
        async with aiomqtt.Client("127.0.0.1", port) as device:
            await device.publish(TOPIC, payload(1), qos=1)
        await eventually(lambda: len(ingest.stored) == 1)


def test_a_broker_is_read_from_a_url() -> None:
    broker = parse_broker("mqtts://ann:p%40ss@broker.example:8884", "milepost")
    assert broker == Broker("broker.example", 8884, True, "milepost", "ann", "p@ss")  # noqa: FBT003
    assert parse_broker("mqtt://broker.example", "milepost").port == 1883


@pytest.mark.parametrize("url", ["http://broker.example", "mqtt://", "broker.example:1883"])
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="MILEPOST_MQTT_URL"):
        parse_broker(url, "milepost")
