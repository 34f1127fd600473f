"""Finding 15: after a restart the feed is empty until something new arrives."""

import time
from typing import Any

from tests.attack import tracks
from tests.attack.office import Office
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand
from tests.attack.witness import deliver

RECORDS = 1500


async def read_feed(office: Office, after: str | None = None) -> tuple[list[dict[str, Any]], str]:
    """All that is there after a cursor, and the next cursor."""
    found: list[dict[str, Any]] = []
    for _ in range(1000):
        query = {"after": after} if after else {}
        page = await office.get("/feeds/positions", **query)
        found += page["items"]
        after = page["next"]
        if not page["hasMore"]:
            break
    return found, after or ""


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    device = await attacked.office.register("350000900000153")
    start_ms = int(time.time()) * 1000 - 86_400_000
    track = tracks.shuttle(start_ms, RECORDS)
    count = await deliver(device, attacked.port_offset, tracks.orderly(track))
    tried = Tried(tries=2, acknowledged=count)
    await attacked.restart()
    found, after = await read_feed(attacked.office)
    times = {each["fixTime"] for each in found}
    tried.lost = RECORDS - len(times)
    tried.unless(len(times) == RECORDS, f"a new reader gets {len(times)} of {RECORDS} positions")
    more = tracks.shuttle(start_ms, 100, first=RECORDS)
    tried.acknowledged += await deliver(device, attacked.port_offset, tracks.orderly(more))
    later, _ = await read_feed(attacked.office, after)
    new = {each["fixTime"] for each in later} - times
    tried.lost += 100 - len(new) if found else 0
    return tried


FINDING = Finding(
    number=15,
    promise="Right after a restart the feed has everything, and its cursors go on.",
    run=run,
    own_restarts=1,
)
