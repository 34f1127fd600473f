"""What can be set for a Suntech device: which optional fields its reports have."""

from collections.abc import Mapping

import msgspec

OPTION_TEXTS: Mapping[str, str] = {
    "hbm": "1 if reports have hour meter, battery and kind of report (the device's HBM_STT)",
    "protocolType": "the older name of hbm",
    "includeRpm": "true if status reports have the engine's speed",
}
_SET = frozenset({"1", "true"})


class ReportOptions(msgspec.Struct, frozen=True):
    """`meters`: they are due, not only told by form. `rpm`: a number is the engine's speed."""

    meters: bool = False
    rpm: bool = False


def options_of(options: Mapping[str, str]) -> ReportOptions:
    """The options by their names; analogue and temperature fields tell themselves by their form."""
    meters = options.get("hbm", options.get("protocolType", "")).lower() in _SET
    return ReportOptions(meters, options.get("includeRpm", "").lower() in _SET)
