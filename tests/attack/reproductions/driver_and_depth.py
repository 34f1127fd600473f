"""Finding 24, and the deep JSON of table C: what a driver reads, what is open to everybody."""

import time

import httpx
from websockets.exceptions import ConnectionClosed

from tests.attack import history, tracks
from tests.attack.office import Office
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand
from tests.attack.viewer import live
from tests.attack.witness import deliver

PASSWORD = "nineteen amber kettles 2"
DEPTH = 30_000
THRESHOLD = "381.625"


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=6)
    await _driver(attacked, tried)
    await _depth(attacked, tried)
    async with httpx.AsyncClient(timeout=20) as client:
        for path in ("/schema/openapi.json", "/metrics"):
            answer = await client.get(attacked.server.url + path)
            # The web app answers for paths that are its own with its page.
            is_page = "text/html" in answer.headers.get("content-type", "")
            tried.unless(answer.status_code != 200 or is_page, f"{path} is open to everybody")
    return tried


async def _driver(attacked: Stand, tried: Tried) -> None:
    """A driver whom a vehicle is assigned to from now reads nothing of the time before."""
    office, now_ms = attacked.office, int(time.time()) * 1000
    await office.patch("/tenant", {"thresholds": {"jumpMaxSpeedKmh": float(THRESHOLD)}})
    await office.post("/fleets", {"name": "Secret plans", "description": "of the board"})
    device = await office.register("350000900000241")
    track = tracks.shuttle(now_ms - 7_200_000, 600)
    tried.acknowledged = await deliver(device, attacked.port_offset, tracks.orderly(track))
    person = await office.post("/drivers", {"firstName": "Only", "lastName": "Driver"})
    body = {"email": "driver@example.com", "name": "Driver", "password": PASSWORD}
    await office.post("/users", {**body, "role": "driver", "driverId": person["id"]})
    await office.post("/assignments", {"driverId": person["id"], "vehicleId": device.vehicle_id})
    driver = Office(attacked.server, "driver@example.com", PASSWORD)
    fleets = await driver.call("GET", "/fleets")
    shown = fleets.json()["items"] if fleets.is_success else []
    tried.unless(not shown, f"a driver reads {len(shown)} fleets")
    tenant = await driver.call("GET", "/tenant")
    tried.unless(THRESHOLD not in tenant.text, "a driver reads the tenant's thresholds")
    period = history.span(now_ms - 7_200_000, now_ms)
    found = 0
    for kind in ("positions", "trips", "stops", "events"):
        answer = await driver.call("GET", f"/vehicles/{device.vehicle_id}/{kind}", params=period)
        found += len(answer.json()["items"]) if answer.is_success else 0
    tried.unless(not found, f"a driver reads {found} rows of before the vehicle was theirs")
    await driver.close()


async def _depth(attacked: Stand, tried: Tried) -> None:
    token = await attacked.office.token()
    async with live(attacked.server, token) as other:
        await other.recv()
        async with live(attacked.server, token) as deep:
            await deep.recv()
            await deep.send('{"type":"ping","data":' + "[" * DEPTH)
            await deep.send('{"type":"ping","data":' + "[" * DEPTH + "]" * DEPTH + "}")
            try:
                await deep.recv()
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 0
                tried.unless(
                    code in {1002, 1003, 1007, 1008, 1009}, f"deep JSON closes with {code}"
                )
        await other.send('{"type":"ping","requestId":"9"}')
        tried.unless('"9"' in str(await other.recv()), "another connection gets no pong")
    log = attacked.server.log_path.read_text(errors="replace")
    tried.unless("RecursionError" not in log, "deep JSON raises a RecursionError")


FINDING = Finding(
    number=24,
    promise="A driver reads nothing but their own vehicle in their own time; deep JSON is refused; "
    "/schema and /metrics are not open to everybody.",
    run=run,
)
