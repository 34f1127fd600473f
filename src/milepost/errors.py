"""Every exception that Milepost raises on purpose: one tree, a stable code each.

The code is part of the public contract: it stands in problem details (RFC 9457), in WebSocket
errors and in logs. A subclass takes values and builds its own message: what came, what was allowed.
"""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import ClassVar

# Everything from the scheme to the last @ of a word: a password may hold any sign, even an @.
_USER_OF_A_URL = re.compile(r"(?<=://)[^\s'\"<>]*@")
_SECRET_OF_A_QUERY = re.compile(r"(?i)((?:password|passwd|pwd|token|secret)=)[^\s&'\"<>]+")
MASK = "***"


def masked(text: str) -> str:
    """The text without what a URL in it says of a user, a password or a token."""
    return _SECRET_OF_A_QUERY.sub(rf"\1{MASK}", _USER_OF_A_URL.sub(f"{MASK}@", text))


class NotShown:
    """Stands in a message for a value that may hold a secret."""

    def __repr__(self) -> str:
        return "a value that is not shown"


class MilepostError(Exception):
    """The root of the tree; never raised itself. No message has a password of a URL in it."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


class ProtocolError(MilepostError):
    """A device sent bytes that its protocol does not allow."""

    code = "protocol_error"

    def __init__(self, protocol: str, reason: str, *, offset: int | None = None) -> None:
        self.protocol = protocol
        self.reason = reason
        self.offset = offset
        place = "" if offset is None else f" at byte {offset}"
        super().__init__(f"{protocol}: {reason}{place}")


class CodecFailed(ProtocolError):
    """A codec failed over a device's bytes: a mistake of ours, and the bytes are refused.

    Devices over HTTP are shown the message, so it names the kind of the cause and no more.
    """

    code = "codec_failed"

    def __init__(self, protocol: str, cause: Exception) -> None:
        super().__init__(protocol, f"the codec failed with {type(cause).__name__}")


class InvalidInput(MilepostError):
    """A value from outside is not allowed."""

    code = "invalid_input"

    def __init__(self, field: str, came: object, allowed: str) -> None:
        self.field = field
        super().__init__(f"{field}: {came!r} came, allowed is {allowed}")


class UnknownNames(InvalidInput):
    """A request has names that its call does not know; `reasons` says so of each."""

    def __init__(self, what: str, names: Iterable[str], known: Collection[str]) -> None:
        shown = [name[:_LONGEST_NAME] for name in names][:_MOST_NAMES]
        self.reasons = {name: _unknown(what, name, known) for name in shown}
        self.field = shown[0]
        MilepostError.__init__(self, "; ".join(self.reasons.values()))


_LONGEST_NAME = 100
_MOST_NAMES = 10


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    plain = {_plainly(each): each for each in known}
    near = get_close_matches(_plainly(name.rpartition(".")[2]), plain, n=1)
    names = ", ".join(f"`{each}`" for each in sorted(known)) or "none"
    hint = f"did you mean `{plain[near[0]]}`?" if near else f"known are: {names}"
    return f"`{name}` is not a {what} of this call; {hint}"


def _plainly(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


class OutdatedState(InvalidInput):
    """A stored state of a device was made by other versions of some steps than those of now."""

    code = "outdated_state"

    def __init__(self, steps: Iterable[str]) -> None:
        self.field = "device state"
        words = ", ".join(sorted(steps))
        MilepostError.__init__(self, f"the stored state of a device has other versions of {words}")


class UnsafePassword(InvalidInput):
    """A password that is to be set breaks a rule; what it is stays unsaid."""

    code = "unsafe_password"

    def __init__(self, rule: str) -> None:
        self.field = "password"
        MilepostError.__init__(self, f"`password` must {rule}")


class DamagedArchive(MilepostError):
    """A backup is not what was written."""

    code = "damaged_archive"

    def __init__(self, file: object, what: str) -> None:
        super().__init__(f"{file} is damaged: {what}; nothing was restored")


class NotFound(MilepostError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"

    def __init__(self, kind: str, identity: object) -> None:
        super().__init__(f"there is no {kind} {identity}")


class Conflict(MilepostError):
    """The change contradicts what is there."""

    code = "conflict"

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")


class StaleVersion(Conflict):
    """The change is based on a version that is no longer the current one."""

    code = "stale_version"

    def __init__(self, kind: str, came: str, current: str) -> None:
        super().__init__(kind, f"the change is based on {came}, the current version is {current}")


class AlreadyThere(Conflict):
    """The call is to be carried out only where nothing is yet, and it changes what is there."""

    code = "already_there"

    def __init__(self, method: str) -> None:
        super().__init__("If-None-Match", f"`*` asks for nothing to be there, {method} changes it")


class KeyReused(Conflict):
    """An idempotency key came a second time, with another request."""

    code = "idempotency_key_reused"

    def __init__(self, key: str) -> None:
        super().__init__("Idempotency-Key", f"{key!r} was used for another request")


class VehicleMoving(Conflict):
    """An engine is not cut off while the vehicle moves."""

    code = "vehicle_moving"

    def __init__(self, vehicle: str, speed_kmh: float | None, max_speed_kmh: float) -> None:
        speed = "moves" if speed_kmh is None else f"moves at {speed_kmh:.0f} km/h"
        super().__init__("engine stop", f"{vehicle} {speed}, allowed are {max_speed_kmh:g} km/h")


class ConfirmationNeeded(MilepostError):
    """A second look is due: the same call with `token` carries it out, for `expires_in_s`."""

    code = "confirmation_required"

    def __init__(self, what: str, token: str, expires_in_s: int) -> None:
        self.token = token
        self.expires_in_s = expires_in_s
        super().__init__(f"{what} has to be confirmed within {expires_in_s} s")


class Forbidden(MilepostError):
    """The caller is known and may not do this."""

    code = "forbidden"

    def __init__(self, action: str, needed: str) -> None:
        super().__init__(f"{action} needs {needed}")


class WrongPassword(Forbidden):
    """Someone who is signed in gave another password than the account's."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("this", "the account's present password; the one that came is another")


class WrongCode(Forbidden):
    """A code of the second factor is not the right one, or it was used before."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("this", "a code of the authenticator that is good now and not used yet")


class SecondFactorMissing(Forbidden):
    """The tenant asks for a second factor, and the caller's account has none yet."""

    code = "second_factor_missing"

    def __init__(self) -> None:
        super().__init__("this tenant", "a second factor; turn it on in your account first")


class NotAllowed(Forbidden):
    """Somebody speaks for a device who is not allowed to; `rule` says which of its rules."""

    code = "not_allowed"

    def __init__(self, unique_id: str, rule: str) -> None:
        self.rule = rule
        super().__init__(f"speaking for {unique_id}", _RULES[rule])


_RULES = {
    "protocol": "a protocol that the device's settings allow",
    "network": "an address in a network that the device's settings allow",
    "secret": "the device's secret",
}


class Unauthenticated(MilepostError):
    """The caller has not shown who they are."""

    code = "unauthenticated"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class SecondStepNeeded(Unauthenticated):
    """The password was right; `token` and a code of the second factor begin the session."""

    code = "second_step_required"

    def __init__(self, token: str, expires_in_s: int) -> None:
        self.token = token
        self.expires_in_s = expires_in_s
        super().__init__(f"a code of the second factor is needed within {expires_in_s} s")


class RateLimited(MilepostError):
    """Too many calls; `retry_after_s` says when to come back."""

    code = "rate_limited"

    def __init__(self, what: str, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many {what}; try again in {retry_after_s:.0f} s")


class Unavailable(MilepostError):
    """An engine or a peer that is needed does not answer."""

    code = "unavailable"

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} is not available: {reason}")


class NewerSchema(Unavailable):
    """A newer version of Milepost has worked with the data."""

    code = "newer_schema"

    def __init__(self, engine: str, came: object, newest: object) -> None:
        reason = (
            f"its schema {came} is newer than {newest}, the newest that this version of Milepost "
            "knows; start the newer version again, or restore a backup from before the upgrade"
        )
        super().__init__(f"the data in {engine}", reason)


class PortNotOpened(Unavailable):
    """A port cannot be listened on."""

    code = "port_not_opened"


class DataFolderInUse(Unavailable):
    """Another process owns the data folder."""

    code = "data_folder_in_use"

    def __init__(self, folder: object, owner_pid: int | None) -> None:
        self.owner_pid = owner_pid
        owner = "another process" if owner_pid is None else f"process {owner_pid}"
        super().__init__(f"the data folder {folder}", f"{owner} is using it; stop that one first")
