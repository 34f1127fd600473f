"""Every VSS path that a table names is one of VSS 6.0, in its unit."""

from pathlib import Path

from milepost.domain.position import Position
from milepost.vehiclebus import j1939, obd, uds, vss
from milepost.vehiclebus.reading import Reading
from tests.vehiclebus.path_names import named_in

SOURCE = Path(vss.__file__).resolve().parent.parent
UNITS = {
    "", "km/h", "m", "km", "s", "min", "h", "kg", "g/s", "m/s^2", "degrees", "degrees/s", "V", "A",
    "Celsius", "kPa", "Pa", "percent", "ratio", "rpm", "Nm", "kW", "W", "kWh", "l", "l/h", "km/l",
    "l/100km",
}  # fmt: skip
# Units of columns of a position, by the end of their names.
FIELD_UNITS = {
    "kmh": "km/h", "m": "m", "h": "h", "pct": "percent", "l": "l", "rpm": "rpm", "c": "Celsius",
    "kpa": "kPa", "v": "V", "deg": "degrees",
}  # fmt: skip


def parts() -> list[tuple[str | None, str, str | None]]:
    obd_parts = [
        (part.path, part.unit, part.field) for layout in obd.PIDS.values() for part in layout.parts
    ]
    spns = [(s.path, s.unit, s.field) for group in j1939.PGNS.values() for s in group.spns]
    return [*obd_parts, *spns]


def test_tables_name_known_paths_in_their_units() -> None:
    wrong = [
        (path, unit)
        for path, unit, _ in parts()
        if path is not None and vss.PATHS.get(path, vss.Leaf("?", "")).unit != unit
    ]
    assert wrong == []


def test_fields_are_those_of_a_position_in_their_units() -> None:
    fields = [(field, unit) for _, unit, field in parts() if field is not None]
    assert {field for field, _ in fields} <= set(Position.__struct_fields__)
    units = {(field, unit, FIELD_UNITS.get(field.rpartition("_")[2], "")) for field, unit in fields}
    assert [one for one in units if one[1] != one[2]] == []


def test_code_names_known_paths_only() -> None:
    """Also that of device protocols. A path that names a branch is the beginning of others."""
    branches = {branch for path in vss.PATHS for branch in _branches(path)}
    unknown = [
        (file.relative_to(SOURCE).as_posix(), path)
        for folder in ("vehiclebus", "protocols")
        for file in sorted((SOURCE / folder).rglob("*.py"))
        for path in sorted(named_in(file))
        if path not in vss.PATHS and path.rstrip(".") not in branches
    ]
    assert unknown == []


def _branches(path: str) -> list[str]:
    words = path.split(".")
    return [".".join(words[:n]) for n in range(1, len(words))]


def test_units_are_those_of_the_specification() -> None:
    assert {leaf.unit for leaf in vss.PATHS.values()} <= UNITS


def test_readings_from_texts_name_known_paths() -> None:
    readings: tuple[Reading, ...] = (
        *uds.read_answer(b"\x62\xf1\x90" + b"1HGCM82633A004352"),
        *j1939.read_pgn(0xFEEC, b"1HGCM82633A004352*"),
        *j1939.read_pgn(0xFECA, bytes.fromhex("44FF6E000501FFFF")),
        *obd.read_answer(bytes.fromhex("43010171")),
        *obd.read_answer(bytes.fromhex("4202000171")),
    )
    paths = [reading.path for reading in readings if reading.path]
    assert len(paths) == 6
    assert set(paths) <= vss.PATHS.keys()
