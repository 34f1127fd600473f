"""The additional items after a location: identity, length, content, one after the other.

Source: JT/T 808-2019, table 27; the makers' extensions are in the modules of the tables.
"""

from milepost.errors import ProtocolError
from milepost.protocols.jt808 import (
    diagnostics,
    extended_items,
    safety,
    standard_items,
    vendor_items,
)
from milepost.protocols.jt808.readers import Read
from milepost.protocols.wire.report import Report

_SIZED: dict[int, Read] = {
    item_id << 8 | length: read
    for table in (vendor_items.SIZED, diagnostics.SIZED, standard_items.SIZED)
    for (item_id, length), read in table.items()
}
_ANY_SIZE: dict[int, Read] = {
    **vendor_items.ANY_SIZE,
    **diagnostics.ANY_SIZE,
    **safety.ANY_SIZE,
    0xEB: extended_items.read_extended,
}


def read_items(content: bytes, at: int, report: Report) -> None:
    """All items from byte `at` on.

    An item that is unknown, or has another form than its table says, is kept as `item:id` in hex;
    what is no item at all (identity 0, or longer than what is left) as `rest`.
    """
    end = len(content)
    while at + 2 <= end:
        item_id, length = content[at], content[at + 1]
        after = at + 2 + length
        if after > end or item_id == 0:
            report.attributes["rest"] = content[at:].hex()
            return
        item = content[at + 2 : after]
        read = _SIZED.get(item_id << 8 | length) or _ANY_SIZE.get(item_id)
        if read is None:
            report.attributes[f"item:{item_id:02x}"] = item.hex()
        else:
            try:
                read(report, item)
            except ProtocolError:
                report.attributes[f"item:{item_id:02x}"] = item.hex()
        at = after
