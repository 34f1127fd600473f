"""Vehicles made through the API while it is being killed, each repeated until it is answered."""

import asyncio
from collections import Counter

import httpx

from tests.attack.office import Office
from tests.attack.part import Row

PAUSE_S = 0.2
NAME = "made while killed"


class Creations:
    """One creation after the other, with an Idempotency-Key each."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._ended = False
        self.made: list[str] = []
        self.failures = 0
        self.wrong: Counter[int] = Counter()

    def end(self) -> None:
        self._ended = True

    async def run(self) -> None:
        while not self._ended:
            name = f"{NAME} {len(self.made)}"
            while not await self._made(name):
                self.failures += 1
                await asyncio.sleep(PAUSE_S)
            self.made.append(name)
            await asyncio.sleep(PAUSE_S)

    async def _made(self, name: str) -> bool:
        headers = {"Idempotency-Key": name.replace(" ", "-")}
        try:
            answer = await self._office.call(
                "POST", "/vehicles", json={"name": name}, headers=headers
            )
        except (httpx.TransportError, AssertionError):
            return False
        if answer.status_code == httpx.codes.CREATED:
            return True
        # 503 is the documented answer while an engine is away; 409: the first try is under way.
        if answer.status_code not in {409, 429, 503}:
            self.wrong[answer.status_code] += 1
        return False

    async def judged(self, number: int) -> Row:
        names = Counter(each["name"] for each in await self._office.items("/vehicles"))
        missing = sum(name not in names for name in self.made)
        twice = sum(names[name] > 1 for name in self.made)
        broken = [f"{twice} were made twice"] if twice else []
        broken += [f"{count} answers were {status}" for status, count in self.wrong.items()]
        return Row(
            name=f"creations, server {number}",
            promise="What the API answered with 201 while it was killed is there, once; "
            "else it answers 503.",
            tries=len(self.made) + self.failures,
            acknowledged=len(self.made),
            lost=missing,
            broken=tuple(broken),
            note=f"{len(self.made)} made, {self.failures} attempts failed",
        )
