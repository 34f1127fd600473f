"""Who may speak for a device, and whose an identity is that several tenants have registered."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

import msgspec

CLAIM_LIFETIME = timedelta(days=30)
_SEAL = "hmac-sha256"

Rule = Literal["protocol", "network", "secret"]
ClaimState = Literal["proven", "waiting", "expired", "lost"]
Network = IPv4Network | IPv6Network


class Caller(msgspec.Struct, frozen=True):
    """Who calls by a device's name: over which protocol, from where, with which secret if any."""

    protocol: str
    address: str
    secret: str | None = None


class Access(msgspec.Struct, frozen=True):
    """What a device demands of whoever speaks for it; what is empty demands nothing."""

    protocols: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    sealed_secret: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is demanded."""
        return not self.protocols and not self.networks and self.sealed_secret is None

    def broken_rule(self, caller: Caller) -> Rule | None:
        """What speaks against the caller; None if they may speak for the device."""
        if self.protocols and caller.protocol not in self.protocols:
            return "protocol"
        if self.networks and not self.is_near(caller.address):
            return "network"
        if self.sealed_secret is not None and not opens(self.sealed_secret, caller.secret):
            return "secret"
        return None

    def is_near(self, address: str) -> bool:
        """Whether an address is in one of the networks; what is no IP address is in none."""
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self.networks)

    def strength(self) -> int:
        """How much it proves to be let in by it: a secret more than a network, that than none."""
        if self.sealed_secret is not None:
            return 2
        return 1 if self.networks else 0


class Claim(msgspec.Struct, frozen=True):
    """How a tenant stands to the identity of a device of theirs, and since when.

    `proven`: the device has called, and it is theirs. `waiting`: it has not called yet; the claim
    holds for `CLAIM_LIFETIME` and keeps nobody else from registering it. `expired`: it did not call
    in that time. `lost`: it called, and another tenant's claim was the better one.
    """

    state: ClaimState
    time: datetime


class ClaimTimes(msgspec.Struct, frozen=True):
    """When an identity was claimed, and when that was decided."""

    claimed: datetime
    proven: datetime | None
    lost: datetime | None

    def at(self, now: datetime) -> Claim:
        """The claim as it stands."""
        if self.proven is not None:
            return Claim("proven", self.proven)
        if self.lost is not None:
            return Claim("lost", self.lost)
        ends = self.claimed + CLAIM_LIFETIME
        if now >= ends:
            return Claim("expired", ends)
        return Claim("waiting", self.claimed)


class Contender(msgspec.Struct, frozen=True):
    """One tenant's waiting claim of an identity that somebody calls by."""

    access: Access
    claimed: datetime


def winner(contenders: Sequence[Contender], caller: Caller) -> int | None:
    """The place of the claim that the call proves; None if none of them lets the caller speak.

    A secret that matches beats a network that matches, that beats a claim which demands nothing;
    among equals the newest wins: who registers a device switches it on soon after, and whoever
    registers identities that are not theirs does it before their owners.
    """
    allowed = [
        (each.access.strength(), each.claimed, place)
        for place, each in enumerate(contenders)
        if each.access.broken_rule(caller) is None
    ]
    return max(allowed)[2] if allowed else None


def networks_of(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks from their texts (`192.0.2.0/24`, or one address).

    Raises:
        ValueError: one of them is not a network.
    """
    return tuple(ip_network(text) for text in texts)


def sealed(secret: str, salt: bytes) -> str:
    """What is kept of a secret: a keyed hash and its key, which no other secret has.

    It is checked with each request, so it is not slow to compute; see docs/adr/0016.
    """
    return f"{_SEAL}${salt.hex()}${hmac.digest(salt, secret.encode(), 'sha256').hex()}"


def opens(seal: str, secret: str | None) -> bool:
    """Whether it is the secret that was sealed, told in a time that does not depend on how far."""
    if secret is None:
        return False
    _, salt, _ = seal.split("$")
    came = sealed(secret, bytes.fromhex(salt))
    return hmac.compare_digest(came.encode(), seal.encode())
