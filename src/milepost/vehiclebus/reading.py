"""What a vehicle bus says of one quantity."""

import msgspec


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value, in the unit that VSS gives it where VSS has a name for it.

    `value` is None where the sender says "not available" or "error", or where the content is a
    text. `text` is what a code stands for, or the content itself (a VIN, raw bytes in hex).
    `path` is a COVESA VSS 6.0 path; `field` the field of a position that holds the same quantity in
    the same unit. `identity` is the standard's own number: `PID 0D`, `SPN 84`, `DID F190`.
    """

    identity: str
    name: str
    value: float | None = None
    unit: str = ""
    path: str | None = None
    field: str | None = None
    text: str | None = None
