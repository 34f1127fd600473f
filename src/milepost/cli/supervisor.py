"""Liveness watched from outside: a crashed or hung server process is replaced.

A native crash inside an engine can look like a hang, and a hung event loop cannot notice that it
hangs. So the server runs in a process of its own and writes a beat into a pipe about every second,
after its engines answered; this process reads the beats.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import structlog

EXIT_REFUSED = 2
EXIT_UNAVAILABLE = 3
# An engine that is away at the very first start may only be slow to come; a wrong address is not.
FIRST_TRIES = 4
FIRST_BEAT_WITHIN_S = 180.0
STOP_WITHIN_S = 30.0
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
# A server that ran this long was healthy: the next restart is prompt again.
HEALTHY_AFTER_S = 60.0

log = structlog.get_logger(__name__)


class Child:
    """A server process with a pipe for its beats and one that tells it when we are gone."""

    def __init__(self, words: Sequence[str]) -> None:
        self.beats, beat_writer = os.pipe()
        parent_reader, self.parent_writer = os.pipe()
        self.started_s = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own program with our own words
            [
                sys.executable,
                "-m",
                "milepost.cli.main",
                *words,
                "--beat-fd",
                str(beat_writer),
                "--parent-fd",
                str(parent_reader),
            ],
            pass_fds=(beat_writer, parent_reader),
            start_new_session=True,
        )
        os.close(beat_writer)
        os.close(parent_reader)

    def wait_for_beat(self, timeout_s: float) -> bool | None:
        """True: a beat came. False: none within the time. None: the process has ended."""
        ready, _, _ = select.select([self.beats], [], [], timeout_s)
        if not ready:
            return False
        return True if os.read(self.beats, 4096) else None

    def close(self) -> int:
        """The exit status, once the process has ended."""
        status = self.process.wait()
        os.close(self.beats)
        os.close(self.parent_writer)
        return status


class Supervisor:
    """Starts the server again until it ends by itself or a signal says to stop."""

    def __init__(self, words: Sequence[str], stall_after_s: float) -> None:
        self._words = words
        self._stall_after_s = stall_after_s
        self._child: Child | None = None
        self._stopping = False
        self._has_served = False

    def run(self) -> int:
        """Supervise until the end; the exit code of the last server process."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        failures = 0
        while True:
            self._child = child = Child(self._words)
            if self._stopping:
                child.process.terminate()  # the signal came before there was whom to tell
            self._watch(child)
            status = child.close()
            lived_s = time.monotonic() - child.started_s
            failures = 0 if lived_s > HEALTHY_AFTER_S else failures + 1
            if self._stopping or self._is_final(status, failures):
                return max(status, 0)
            pause_s = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
            log.error("server.ended", status=status, restart_in_s=pause_s)
            time.sleep(pause_s)
            if self._stopping:
                return 0

    def _is_final(self, status: int, failures: int) -> bool:
        """A refusal is final until a server has served; an engine that is away gets a few tries."""
        if status == 0 or self._has_served:
            return status == 0
        return status == EXIT_REFUSED or (status == EXIT_UNAVAILABLE and failures >= FIRST_TRIES)

    def _watch(self, child: Child) -> None:
        patience_s = FIRST_BEAT_WITHIN_S
        while True:
            beat = child.wait_for_beat(STOP_WITHIN_S if self._stopping else patience_s)
            if beat is None:
                return
            if not beat:
                log.error("server.hangs", silent_for_s=patience_s, pid=child.process.pid)
                child.process.kill()
                return
            self._has_served = True
            patience_s = self._stall_after_s

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True
        if self._child is not None and self._child.process.poll() is None:
            self._child.process.terminate()


def supervise(words: Sequence[str], *, stall_after_s: float) -> int:
    """Run `milepost WORDS…` in a child process until it ends or SIGTERM or SIGINT comes."""
    return Supervisor(words, stall_after_s).run()
