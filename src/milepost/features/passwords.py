"""Passwords: hashed with argon2id, away from the event loop, at the same cost for unknown users."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Source: OWASP Password Storage Cheat Sheet, argon2id with m=19 MiB, t=2, p=1.
OWASP_MEMORY_KIB = 19_456
OWASP_PASSES = 2
# A hash takes about 30 ms and 19 MiB: more at once would only take memory, not time.
_HASHES_AT_ONCE = 2


class Passwords:
    """Hashes and verifies passwords in worker threads, a few at a time."""

    def __init__(
        self, memory_kib: int = OWASP_MEMORY_KIB, passes: int = OWASP_PASSES, lanes: int = 1
    ) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
        self._slots = asyncio.Semaphore(_HASHES_AT_ONCE)
        # What is verified for an unknown e-mail, so that the time of the answer tells nothing.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The encoded hash, salt and parameters included."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one hashed; as slow for None as for a wrong password."""
        async with self._slots:
            matches = await asyncio.to_thread(
                self._matches, password_hash or self._nobody, password
            )
        return matches and password_hash is not None

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
