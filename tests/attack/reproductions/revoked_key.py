"""Finding 8: a revoked key, a sign-out and a disabled account end live connections."""

import asyncio
import time

from tests.attack.office import Office
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand
from tests.attack.viewer import Viewer

# A second is the promise; the rest is for a machine that others use.
ENDS_WITHIN_S = 1.0
ALLOWED_S = 3.0
GIVE_UP_AFTER_S = 8.0


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=3)
    office = attacked.office
    key = await office.post("/api-keys", {"name": "watcher", "role": "viewer"})
    took = [
        await _ended(attacked, tried, "a revoked key", key["key"], office, f"/api-keys/{key['id']}")
    ]
    people = [await _person(attacked, name) for name in ("out", "gone")]
    for name, (user_id, person) in zip(("a sign-out", "a deleted account"), people, strict=True):
        token = await person.token()
        if name == "a sign-out":
            took.append(await _ended(attacked, tried, name, token, person, "/auth/logout"))
        else:
            took.append(await _ended(attacked, tried, name, token, office, f"/users/{user_id}"))
        await person.close()
    answer = await office.http.get("/vehicles", headers={"Authorization": f"Bearer {key['key']}"})
    tried.unless(answer.status_code == 401, f"a revoked key is answered with {answer.status_code}")
    tried.note = f"the slowest ended after {max(took):.2f} s"
    return tried


async def _person(attacked: Stand, name: str) -> tuple[str, Office]:
    email, password = f"{name}@example.com", f"long enough for {name} 1!"
    body = {"email": email, "name": name, "password": password, "role": "viewer"}
    user = await attacked.office.post("/users", body)
    return user["id"], Office(attacked.server, email, password)


async def _ended(
    attacked: Stand, tried: Tried, name: str, token: str, office: Office, path: str
) -> float:
    """Seconds until a viewer with the token was closed."""
    viewer = Viewer(attacked.server, token)
    watching = asyncio.create_task(viewer.run())
    async with asyncio.timeout(20):
        await viewer.watching.wait()
    method = "POST" if path == "/auth/logout" else "DELETE"
    answer = await office.call(method, path, json={} if method == "POST" else None)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    begin_s = time.monotonic()
    done, _ = await asyncio.wait([watching], timeout=GIVE_UP_AFTER_S)
    watching.cancel()
    took_s = (viewer.closed_s or time.monotonic()) - begin_s
    tried.unless(bool(done) and took_s < ALLOWED_S, f"{name} goes on watching for {took_s:.1f} s")
    return took_s


FINDING = Finding(
    number=8,
    promise="A revoked key, a sign-out and a deleted account end live connections within a second.",
    run=run,
)
