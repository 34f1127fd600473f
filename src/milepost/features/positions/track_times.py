"""Times in files."""

from datetime import UTC, datetime


def iso(unix_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-02-03T04:05:06.789Z`."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat("T", "milliseconds")[:-6] + "Z"
