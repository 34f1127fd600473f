"""Plug pulls on a file system of its own, where the machine lets us make one."""

from tests.attack import plug_pull
from tests.attack.part import Part, Plan, Report, Row

ROUNDS = 10
LOAD_S = (12.0, 40.0)
PROMISE = "A power cut takes no acknowledged position, and trips and totals are what they give."


async def run(plan: Plan, report: Report) -> None:
    shrunk = min(1.0, plan.minutes / 10)
    rounds = max(2, round(ROUNDS * shrunk))
    losses = await plug_pull.run(report.say, rounds, LOAD_S, plan.seed)
    if losses is None:
        report.add(Row(name="cuts", promise=PROMISE, skipped="no loop device can be mounted here"))
        return
    report.add(
        Row(
            name="cuts",
            promise=PROMISE,
            tries=losses.cuts,
            acknowledged=losses.acknowledged,
            lost=losses.lost,
            differences=losses.wrong_trips + losses.wrong_totals,
            note=f"{losses.cuts_with_loss} cuts with a loss",
        )
    )


PART = Part("plug", PROMISE + " ext4 in a file behind a loop device.", run)
