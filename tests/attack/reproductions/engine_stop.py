"""Finding 5: a stranger's report must not release a waiting engine stop to a moving vehicle."""

import asyncio
import socket
import struct
import time

import httpx

from milepost.domain.position import Position
from milepost.protocols.teltonika.encoder import TeltonikaEncoder, encode_datagram
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.reproductions.identity_with_nul import port_of
from tests.attack.stand import Stand
from tests.system.devices import connection

IMEI = "350000900000051"
STOP = b"setdigout 1"
LISTEN_S = 12.0
BROWSER = {"User-Agent": "Mozilla/5.0", "Sec-Fetch-Mode": "no-cors", "Origin": "https://evil.test"}


def report(age_s: float, speed_kmh: float, longitude_deg: float = 13.0) -> Position:
    at_ms = int((time.time() - age_s) * 1000)
    return Position(at_ms, 52.0, longitude_deg, speed_kmh=speed_kmh, satellites=9, ignition=True)


class Line:
    """The tracker's own connection: acknowledgements are read off, other bytes kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._encoder = TeltonikaEncoder()
        self.heard = b""

    async def log_in(self) -> None:
        self._writer.write(self._encoder.login(IMEI))
        assert await self._reader.readexactly(1) == b"\x01"

    async def send(self, position: Position) -> None:
        self._writer.write(self._encoder.positions(IMEI, [position]))
        await self.listen(1.0)

    async def listen(self, seconds: float) -> bytes:
        """What has come so far, after so many seconds or once it is an engine stop."""
        until_s = time.monotonic() + seconds
        while STOP not in self.heard and (left_s := until_s - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(left_s):
                    more = await self._reader.read(4096)
            except TimeoutError:
                break
            if not more:
                break
            self.heard += more
        return self.heard


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=4)
    device = await attacked.office.register(IMEI)
    async with connection(port_of("teltonika", attacked)) as (reader, writer):
        line = Line(reader, writer)
        await line.log_in()
        for age_s in (620, 610, 600):
            await line.send(report(age_s, 90.0, 13.0 - age_s / 10_000))
        await _ask(attacked, device.device_id)
        await line.listen(2.0)
        tried.unless(STOP not in line.heard, "it was sent without any fix of late")
        await _strangers(attacked)
        heard = await line.listen(LISTEN_S)
        tried.unless(STOP not in heard, "a stranger's report released the engine stop")
        if STOP in heard:
            return tried
        # Now the tracker itself says that the vehicle stands, over the line that is to carry it.
        for _ in range(3):
            await line.send(report(0, 0.0, 13.2))
        tried.unless(
            STOP in await line.listen(20.0), "the vehicle stands, by its own word, and is not told"
        )
    return tried


async def _ask(attacked: Stand, device_id: str) -> None:
    path, body = f"/devices/{device_id}/commands", {"command": {"kind": "engine_stop"}}
    answer = await attacked.office.call("POST", path, json=body)
    assert answer.status_code == 428, answer.text
    token = answer.json()["confirmation"]["token"]
    await attacked.office.post(path, {**body, "confirm": token})


async def _strangers(attacked: Stand) -> None:
    """HTTP GET, HTTP GET by a browser, JSON, and a forged datagram: all say that it stands."""
    url = f"http://127.0.0.1:{port_of('osmand', attacked)}"
    query = f"/?id={IMEI}&lat=52.03&lon=13&speed=0"
    json_body = {
        "device_id": IMEI,
        "location": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "coords": {"latitude": 52.03, "longitude": 13, "speed": 0},
        },
    }
    async with httpx.AsyncClient(timeout=20) as client:
        await client.get(url + query)
        await client.get(url + query, headers=BROWSER)
        await client.post(url, json=json_body)
    datagram = encode_datagram(IMEI, [report(0, 0.0, 13.01)], 1, 1)
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(datagram, ("127.0.0.1", port_of("teltonika", attacked)))
    assert struct.unpack(">H", datagram[:2])[0] == len(datagram) - 2


FINDING = Finding(
    number=5,
    promise="No report of a stranger releases an engine stop to a vehicle at 90 km/h; the "
    "tracker's own fix does.",
    run=run,
)
