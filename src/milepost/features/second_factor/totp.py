"""Time-based one-time passwords (RFC 6238): six digits, 30 s, SHA-1, as every authenticator has."""

import hmac
from datetime import datetime

import pyotp

ISSUER = "Milepost"
DIGITS = 6
STEP_S = 30
# Clocks of phones differ: the codes of the step before and after are taken too.
_WINDOW_STEPS = 1


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 (section 4) recommends."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, email: str) -> str:
    """What an authenticator reads from the QR code: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The time step that the code belongs to; None if to none that is near and still unused.

    Args:
        secret: in base 32.
        code: six digits.
        now: aware.
        last_step: the newest step of which a code was taken: it and those before are used up.
    """
    present = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    found = None
    for step in range(max(present - _WINDOW_STEPS, 0), present + _WINDOW_STEPS + 1):
        matches = hmac.compare_digest(totp.generate_otp(step), code)
        if matches and step > last_step:
            found = step
    return found
