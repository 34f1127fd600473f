"""Garbage at every port, while devices beside it send."""

import asyncio
import socket
import time
from contextlib import suppress
from random import Random

import httpx
import msgspec

from tests.attack import tracks
from tests.attack.captures import PROTOCOLS, Line, identities, lines, mutated
from tests.attack.http_junk import request
from tests.attack.judging import judged
from tests.attack.part import Part, Plan, Report, Row
from tests.attack.stand import Stand, stand
from tests.attack.witness import Witness, finish, latency_words

WITNESSES = 6
ATTACKERS = 10
INPUTS_A_MINUTE = 10_500
INPUTS_A_SECOND = 200
WEB_SHARE = 0.15
HANGS_ON_S = 0.005
OPEN_WITHIN_S = 5.0
HISTORY_MS = 5 * 86_400_000
PROMISE = "No input stops the server or any port, and devices beside it lose nothing."


class Tally:
    """Inputs that left, by port, and connections that were not let in."""

    def __init__(self) -> None:
        self.inputs: dict[str, int] = {}
        self.refused = 0

    def count(self, where: str) -> None:
        self.inputs[where] = self.inputs.get(where, 0) + 1

    @property
    def total(self) -> int:
        return sum(self.inputs.values())


class Attacker:
    """One stranger: a port, an address of the loopback and an input after the other."""

    def __init__(self, attacked: Stand, targets: list[Line], tally: Tally, seed: int) -> None:
        self._attacked = attacked
        self._targets = targets
        self._tally = tally
        self._chance = Random(seed)
        # Not the address of the devices beside it, and more than one.
        self._address = f"127.0.{1 + seed % 200}.{self._chance.randint(1, 250)}"

    async def run(self, until_s: float, enough: int) -> None:
        """Until the time is over and enough was sent, at an even rate; at most twice as long."""
        start_s = time.monotonic()
        last_s = 2 * until_s - start_s
        while time.monotonic() < last_s:
            done = time.monotonic() - start_s
            if time.monotonic() > until_s and self._tally.total >= enough:
                return
            if self._tally.total > done * INPUTS_A_SECOND:
                await asyncio.sleep(0.01)
                continue
            with suppress(OSError, TimeoutError):
                await self._once()

    async def _once(self) -> None:
        if self._chance.random() < WEB_SHARE:
            port = self._attacked.server.port
            await self._connect("web", port, [request(self._chance) for _ in range(2)])
            return
        line = self._chance.choice(self._targets)
        port = line.port + self._attacked.port_offset
        inputs = self._inputs(line)
        if line.transport == "udp":
            self._datagrams(f"{line.protocol} udp", port, inputs)
            await asyncio.sleep(0)
        else:
            await self._connect(f"{line.protocol} {line.transport}", port, inputs)

    def _inputs(self, line: Line) -> list[bytes]:
        """A captured talk, wounded; sometimes noise, NULs or HTTP."""
        kind = self._chance.random()
        if kind < 0.1:
            return [self._chance.randbytes(self._chance.choice((1, 7, 60, 300, 1400)))]
        if kind < 0.13:
            return [bytes(self._chance.choice((1, 8, 64, 1024)))]
        if kind < 0.16:
            return [request(self._chance)[:1400]]
        talk = self._chance.choice(line.talks)[:12]
        wounded = [
            mutated(each, self._chance) if self._chance.random() < 0.6 else each for each in talk
        ]
        return wounded or [b"\x00"]

    def _datagrams(self, where: str, port: int, inputs: list[bytes]) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as sender:
            sender.settimeout(0)
            sender.bind((self._address, 0))
            for each in inputs:
                sender.sendto(each[:60_000], ("127.0.0.1", port))
                self._tally.count(where)

    async def _connect(self, where: str, port: int, inputs: list[bytes]) -> None:
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(self._address, 0)
                )
        except (OSError, TimeoutError):
            self._tally.refused += 1
            await asyncio.sleep(0.05)
            return
        try:
            for each in inputs:
                writer.write(each)
                async with asyncio.timeout(OPEN_WITHIN_S):
                    await writer.drain()
                self._tally.count(where)
                await asyncio.sleep(HANGS_ON_S)
        finally:
            writer.close()


async def closed_ports(attacked: Stand, targets: list[Line]) -> list[str]:
    """What does not answer any more, in words."""
    found = []
    for line in targets:
        if line.transport == "udp":
            continue
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", line.port + attacked.port_offset
                )
            writer.close()
        except (OSError, TimeoutError):
            found.append(f"the port of {line.protocol} over {line.transport} is closed")
    async with httpx.AsyncClient(timeout=10) as client:
        for path in ("/healthz", "/readyz"):
            try:
                status = (await client.get(attacked.server.url + path)).status_code
            except httpx.TransportError:
                status = 0
            if status != httpx.codes.OK:
                found.append(f"{path} answers {status or 'nothing'}")
    return found


async def run(plan: Plan, report: Report) -> None:
    targets = lines()
    async with stand(plan) as attacked:
        await register_captured(attacked, report)
        start_ms = (int(time.time()) - HISTORY_MS // 1000) * 1000
        witnesses = await stand_by(attacked, plan, start_ms)
        running = asyncio.gather(*[witness.run() for witness in witnesses])
        tally = Tally()
        until_s = time.monotonic() + plan.minutes * 60
        attackers = [Attacker(attacked, targets, tally, plan.seed + n) for n in range(ATTACKERS)]
        enough = round(plan.minutes * INPUTS_A_MINUTE)
        await asyncio.gather(*[each.run(until_s, enough) for each in attackers])
        report.say(f"{tally.total} inputs sent, {tally.refused} connections not let in")
        broken = await closed_ports(attacked, targets)
        row = Row(name="all ports", promise=PROMISE, tries=tally.total)
        try:
            await attacked.ready()
            await finish(witnesses, running)
            row = await judged(row, attacked.office, witnesses, start_ms)
        except TimeoutError:
            broken.append("devices beside it are not acknowledged any more")
            running.cancel()
        note = f"{len(tally.inputs)} ports; {latency_words(witnesses)}"
        report.add(
            msgspec.structs.replace(
                row, restarts=attacked.restarts, broken=(*row.broken, *broken), note=note
            )
        )


async def register_captured(attacked: Stand, report: Report) -> None:
    """Make devices of the captures known, lenient, so that damage goes deep."""
    count = 0
    for protocol in PROTOCOLS.values():
        for unique_id in identities(protocol):
            with suppress(AssertionError):  # ids that no form of ours takes
                await attacked.office.register(unique_id, protocol.name, lenient=True)
                count += 1
    report.say(f"{count} devices of the captures are registered")


async def stand_by(attacked: Stand, plan: Plan, start_ms: int) -> list[Witness]:
    devices = await attacked.office.register_all([f"3500001{n:08d}" for n in range(WITNESSES)])
    count = HISTORY_MS // 1000 // tracks.STEP_S
    return [
        Witness(
            device,
            attacked.port_offset,
            tracks.Disorder(tracks.Shuttle(start_ms, count, lane), Random(plan.seed + lane)),
            pause_s=0.2,
        )
        for lane, device in enumerate(devices)
    ]


PART = Part("garbage", PROMISE + " Noise, NULs, HTTP junk and wounded captures.", run)
