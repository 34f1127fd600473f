"""Cells and Wi-Fi stations, as attributes keep them for a locating service."""

from collections.abc import Iterable


def cell_text(
    country: int, network: int, area: int, cell: int, signal_dbm: int | None = None
) -> str:
    """One cell: `262-1-4711-815` (MCC, MNC, area, cell), with its strength `262-1-4711-815@-71`."""
    identity = f"{country}-{network}-{area}-{cell}"
    return identity if signal_dbm is None else f"{identity}@{signal_dbm}"


def station_text(mac: bytes | str, signal_dbm: int | None = None) -> str:
    """One Wi-Fi station: `a1:b2:c3:d4:e5:f6@-60`; `mac` is six bytes or twelve hex digits."""
    digits = mac.hex() if isinstance(mac, bytes) else mac.replace(":", "").replace("-", "").lower()
    address = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    return address if signal_dbm is None else f"{address}@{signal_dbm}"


def joined(parts: Iterable[str]) -> str:
    """Several of them: the attributes `cells` and `wifi` separate by a space."""
    return " ".join(parts)
