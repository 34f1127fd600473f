"""Which unknown devices are registered by themselves, and how many at most."""

import re

import msgspec
from prometheus_client import CollectorRegistry, Counter

from milepost.errors import InvalidInput

SETTING = "MILEPOST_AUTO_REGISTER"


class AutoRegistration(msgspec.Struct, frozen=True):
    """Unknown devices whose whole identity matches are registered for this tenant.

    Anybody can call by any name that matches: no more than `per_hour` are registered within an
    hour, and none once the tenant has `most` devices. `refused` counts those that were too many.
    """

    tenant_slug: str
    pattern: re.Pattern[str]
    per_hour: int
    most: int
    refused: Counter


def auto_registration(
    setting: str | None, per_hour: int, most: int, registry: CollectorRegistry
) -> AutoRegistration | None:
    """The setting `tenant-slug:pattern`, parsed, with its bounds.

    Raises:
        InvalidInput: it has no colon, the pattern is not a regular expression, or a bound is
            negative.
    """
    for name, bound in (("PER_HOUR", per_hour), ("MOST", most)):
        if bound < 0:
            raise InvalidInput(f"{SETTING}_{name}", bound, "0 or more")
    if setting is None:
        return None
    slug, colon, pattern = setting.partition(":")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InvalidInput(SETTING, pattern, f"a pattern ({error})") from error
    if not colon or not slug or not pattern:
        raise InvalidInput(SETTING, setting, "tenant-slug:pattern")
    refused = Counter(
        "milepost_auto_register_refused",
        "Unknown devices that were not registered because there were too many",
        registry=registry,
    )
    return AutoRegistration(slug, compiled, per_hour, most, refused)
