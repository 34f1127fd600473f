"""The queries that are kept in files."""

from importlib.resources import files


def queries_of(folder: str) -> dict[str, str]:
    """The queries in a folder of `queries`, by name, without comments and line ends.

    The client scans every character of a query each time that it runs.
    """
    return {
        file.name.removesuffix(".sql"): " ".join(
            line for line in map(str.strip, file.read_text().splitlines()) if line[:2] != "--"
        )
        for file in (files("milepost.stores.clickhouse") / "queries" / folder).iterdir()
    }
