"""Which column of somebody's table is which field of a position, and in which unit."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from milepost.errors import InvalidInput

SPEED_UNITS = {"km/h": 1.0, "m/s": 3.6, "mph": 1.609344, "knots": 1.852}
LENGTH_UNITS = {"m": 1.0, "km": 1000.0, "mi": 1609.344, "ft": 0.3048}


class Field(msgspec.Struct, frozen=True):
    """What can be mapped: the word on the command line, the position's field, usual names."""

    word: str
    target: str
    usual: tuple[str, ...]
    units: Mapping[str, float] = {}


FIELDS = {
    field.word: field
    for field in (
        Field(
            "time",
            "fix_time_ms",
            ("fixtime", "timestamputc", "timestamp", "datetime", "gpstime", "utc", "ts", "date"),
        ),
        Field(
            "id",
            "id",
            (
                "vehicleid",
                "deviceid",
                "vehicle",
                "device",
                "uniqueid",
                "imei",
                "carid",
                "truckid",
                "busid",
                "unitid",
                "unit",
                "trackid",
                "taxi",
                "name",
            ),
        ),
        Field("latitude", "latitude_deg", ("lat", "latitudedeg", "gpslatitude", "y")),
        Field(
            "longitude",
            "longitude_deg",
            ("lon", "lng", "long", "longitudedeg", "gpslongitude", "x"),
        ),
        Field(
            "altitude",
            "altitude_m",
            ("alt", "ele", "elevation", "altitudem", "gpsaltitude"),
            LENGTH_UNITS,
        ),
        Field(
            "speed",
            "speed_kmh",
            ("speedkmh", "gpsspeed", "velocity", "groundspeed"),
            SPEED_UNITS,
        ),
        Field(
            "course",
            "course_deg",
            ("heading", "bearing", "direction", "coursedeg", "gpsbearing", "azimuth"),
        ),
        Field("hdop", "hdop", ("gpshdop",)),
        Field("satellites", "satellites", ("sats", "sat", "numsat", "nsat")),
        Field("ignition", "ignition", ("acc", "ignitionon")),
        Field("odometer", "odometer_m", ("odo", "mileage", "odometerm"), LENGTH_UNITS),
        Field("fuel_level", "fuel_level_pct", ("fuel", "fuellevelpct")),
        Field("rpm", "engine_rpm", ("enginerpm", "enginespeed")),
        Field("throttle", "throttle_pct", ("throttleposition", "throttlepct")),
        Field("engine_load", "engine_load_pct", ("load", "engineloadpct")),
        Field("coolant_temp", "coolant_temp_c", ("coolant", "enginecoolanttemp", "coolanttempc")),
        Field("battery", "battery_v", ("voltage", "batteryv", "batteryvoltage")),
    )
}
NEEDED = ("time", "latitude", "longitude")


def plain(name: str) -> str:
    """A column's name without its unit in brackets, case and punctuation."""
    without_unit = name.split("[", maxsplit=1)[0].split("(", maxsplit=1)[0]
    return "".join(letter for letter in without_unit.lower() if letter.isalnum())


def parse_map(text: str) -> dict[str, str]:
    """`latitude=lat,time=ts` as {word: column}.

    Raises:
        InvalidInput: a part is not `field=column`, or there is no such field.
    """
    chosen: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        word, equals, column = part.partition("=")
        if not equals or not column or word not in FIELDS:
            raise InvalidInput("--map", part, f"FIELD=COLUMN with FIELD one of {', '.join(FIELDS)}")
        chosen[word] = column
    return chosen


def choose_columns(names: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """{word: column} of a table: what was chosen, and the usual names for the rest.

    Raises:
        InvalidInput: a chosen column is not in the table, or time, latitude or longitude have no
            column.
    """
    for word, column in chosen.items():
        if column not in names:
            raise InvalidInput(f"--map {word}", column, f"a column of the file: {_listed(names)}")
    found = dict(chosen)
    taken = set(chosen.values())
    for word, field in FIELDS.items():
        if word in found:
            continue
        usual = _usual_column(field, [name for name in names if name not in taken])
        if usual is not None:
            found[word] = usual
            taken.add(usual)
    missing = [word for word in NEEDED if word not in found]
    if missing:
        example = ",".join(f"{word}=COLUMN" for word in missing)
        allowed = f"a column for {' and '.join(missing)}: give --map {example}"
        raise InvalidInput("the file's columns", _listed(names), allowed)
    return found


def _usual_column(field: Field, names: Iterable[str]) -> str | None:
    by_plain_name: dict[str, str] = {}
    for name in names:
        by_plain_name.setdefault(plain(name), name)
    for usual in (plain(field.word), *field.usual):
        if usual in by_plain_name:
            return by_plain_name[usual]
    return None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
