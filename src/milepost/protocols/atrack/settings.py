"""What is set for an ATrack device: the form of its reports."""

from collections.abc import Mapping

import msgspec

LONG_DATE, CUSTOM, FORM, FRAME_MASK = "longDate", "custom", "form", "frameMask"


class Settings(msgspec.Struct, frozen=True):
    """The options of a device, read once.

    `form` is that of custom fields where the report itself does not tell it (`%CI`).
    """

    long_date: bool = False
    has_custom: bool = False
    form: str = ""
    has_beacon_frames: bool = False


def settings_of(options: Mapping[str, str]) -> Settings:
    """A form alone says that there are custom fields."""
    form = options.get(FORM, "")
    return Settings(
        long_date=options.get(LONG_DATE) == "true",
        has_custom=options.get(CUSTOM) == "true" or bool(form),
        form=form,
        has_beacon_frames=options.get(FRAME_MASK, "0").strip("0") != "",
    )
