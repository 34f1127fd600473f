"""Finding 22, as far as it can be seen: known passwords, and keys of people who are gone."""

from tests.attack.office import Office
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand

WEAK = ("password", "12345678", "        ", "weak@example.com", "qwertyuiop", "iloveyou")
STRONG = "seventeen violet ladders 4"


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=len(WEAK) + 2)
    for number, password in enumerate(WEAK):
        email = "weak@example.com" if "@" in password else f"weak{number}@example.com"
        body = {"email": email, "name": "Weak", "password": password, "role": "viewer"}
        answer = await attacked.office.call("POST", "/users", json=body)
        tried.unless(answer.status_code == 422, f"the password {password!r} is taken")
    email = "maker@example.com"
    body = {"email": email, "name": "Maker", "password": STRONG, "role": "admin"}
    maker = await attacked.office.post("/users", body)
    office = Office(attacked.server, email, STRONG)
    key = await office.post("/api-keys", {"name": "of the maker", "role": "admin"})
    await office.close()
    await attacked.office.delete(f"/users/{maker['id']}")
    answer = await attacked.office.http.get(
        "/users", headers={"Authorization": f"Bearer {key['key']}"}
    )
    tried.unless(answer.status_code == 401, "an administrator's key works on after they are gone")
    stranger = Office(attacked.server, "nobody@example.com", "wrong")
    await stranger.sign_in()
    await stranger.close()
    log = attacked.server.log_path.read_text(errors="replace")
    tried.unless("sign" in log.lower(), "neither sign-ins nor refusals are in the log")
    return tried


FINDING = Finding(
    number=22,
    promise="Known passwords are refused, keys end with their maker, sign-ins are logged.",
    run=run,
)
