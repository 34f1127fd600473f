"""Every concrete reproduction of the report "Under attack", a module each."""

from milepost.registry import discover
from tests.attack import reproductions
from tests.attack.part import Part, Plan, Report, Row
from tests.attack.reproductions.finding import Finding


async def run(plan: Plan, report: Report) -> None:
    found = discover(reproductions, "FINDING", Finding)
    for name, finding in sorted(found.items(), key=lambda each: each[1].number):
        if not plan.wants(name):
            continue
        try:
            report.add(await finding.tried(name, plan))
        except Exception as error:  # noqa: BLE001 - the other findings go on
            words = f"{type(error).__name__}: {str(error)[:300]}"
            report.add(Row(name=finding.title(name), promise=finding.promise, broken=(words,)))


PART = Part(
    "reproductions",
    "What once stopped the server, took data or misled somebody does so no more: the findings 1 to "
    "24 of the report, each on a fresh server.",
    run,
)
