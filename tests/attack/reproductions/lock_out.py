"""Finding 14: wrong passwords of a stranger lock the owner out."""

from tests.attack.office import Office
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried
from tests.attack.stand import Stand

ATTEMPTS = 30


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=ATTEMPTS)
    owner = await attacked.office.sign_in()
    assert owner.is_success, owner.text
    stranger = Office(attacked.server, password="wrong again and again", local_address="127.0.0.99")
    answers = [(await stranger.sign_in()).status_code for _ in range(ATTEMPTS)]
    await stranger.close()
    tried.unless(429 in answers, "a stranger may guess without end")
    tried.unless(200 not in answers, "a wrong password signs in")
    again = await attacked.office.sign_in()
    tried.unless(
        again.is_success, f"the owner is answered {again.status_code} from another address"
    )
    tried.note = f"429 from attempt {answers.index(429) + 1} on" if 429 in answers else ""
    return tried


FINDING = Finding(
    number=14,
    promise="Wrong passwords from one address are limited, and the owner signs in from another.",
    run=run,
)
