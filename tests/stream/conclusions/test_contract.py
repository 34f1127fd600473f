"""What every kind of conclusion has to keep, over everything that is discovered."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import JSONB

from milepost.domain.permission import Permission
from milepost.features.all_tables import all_tables
from milepost.features.permissions import PERMISSIONS
from milepost.stream.conclusion import Occasion
from milepost.stream.kinds import KINDS, kind_of, output_key
from tests.stream.conclusions.made_up import made_up

ASYNCAPI = Path(__file__).parents[3] / "docs" / "asyncapi.yaml"
OCCASION = Occasion(datetime(2026, 1, 1, tzinfo=UTC), late=False)
# What the writer adds to each row that PostgreSQL keeps.
OWN = {"id", "tenant_id", "device_id", "vehicle_id", "decided_fix_time_ms"}
STORED_AS_ROWS = [name for name, kind in KINDS.items() if kind.replacement == "deletion"]
TOLD = [name for name, kind in KINDS.items() if kind.live_event is not None]


def documented_events() -> set[str]:
    document = yaml.safe_load(ASYNCAPI.read_text())
    described = document["components"]["schemas"]["Event"]["properties"]["event"]["description"]
    return set(described.replace(",", " ").replace(".", " ").split())


def derived_columns(name: str) -> dict[str, Any]:
    kind = KINDS[name]
    of_writer = OWN if kind.driven_since is None else OWN | {"driver_id"}
    columns = all_tables()[kind.table].columns
    return {column.name: column for column in columns if column.name not in of_writer}


def test_the_first_four_are_found() -> None:
    assert {"trips", "stops", "events", "totals"} <= set(KINDS)


def test_no_two_kinds_share_a_type_or_a_table() -> None:
    assert len({kind.output_type for kind in KINDS.values()}) == len(KINDS)
    assert len({kind.table for kind in KINDS.values()}) == len(KINDS)


@settings(max_examples=10)
@given(st.fixed_dictionaries({name: made_up(kind.output_type) for name, kind in KINDS.items()}))
def test_no_two_kinds_share_a_word_in_their_keys(outputs: dict[str, Any]) -> None:
    assert len({output_key(output)[0] for output in outputs.values()}) == len(KINDS)


@pytest.mark.parametrize("name", KINDS)
@given(st.data())
def test_the_key_is_hashable_and_equal_for_equal_outputs(name: str, data: st.DataObject) -> None:
    output = data.draw(made_up(KINDS[name].output_type))
    same = msgspec.structs.replace(output)
    key = output_key(output)
    assert kind_of(output) is KINDS[name]
    assert {key: 1}[output_key(same)] == 1
    assert [type(part) for part in key] == [str, int, str]


@pytest.mark.parametrize("name", STORED_AS_ROWS)
def test_the_table_has_what_the_writer_adds(name: str) -> None:
    kind = KINDS[name]
    columns = all_tables()[kind.table].columns
    assert set(columns.keys()) >= OWN
    assert [column.name for column in columns if column.primary_key] == ["id"]
    assert ("driver_id" in columns) == (kind.driven_since is not None)


@pytest.mark.parametrize("name", STORED_AS_ROWS)
@given(st.data())
def test_the_row_fills_every_derived_column(name: str, data: st.DataObject) -> None:
    kind, columns = KINDS[name], derived_columns(name)
    row = kind.row(data.draw(made_up(kind.output_type)), OCCASION)
    assert set(row) == set(columns)
    for column_name, value in row.items():
        column = columns[column_name]
        if value is None:
            assert column.nullable
        elif isinstance(column.type, JSONB):
            msgspec.json.encode(value)
        else:
            assert isinstance(value, column.type.python_type)


@pytest.mark.parametrize("name", STORED_AS_ROWS)
def test_what_is_kept_or_looked_up_is_a_column(name: str) -> None:
    kind = KINDS[name]
    looked_up = {kind.driven_since} - {None}
    assert {*kind.kept_columns, *looked_up} <= set(derived_columns(name))


@pytest.mark.parametrize("name", KINDS)
def test_the_permission_is_one_that_a_role_has(name: str) -> None:
    permission = KINDS[name].permission
    assert permission in get_args(Permission)
    assert any(permission in each for each in PERMISSIONS.values())


@pytest.mark.parametrize("name", TOLD)
@given(st.data())
def test_what_viewers_are_told_is_documented(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    assert kind.live_event is not None
    output = data.draw(made_up(kind.output_type))
    assert kind.live_event.name(output) in kind.live_event.names
    msgspec.json.encode(kind.live_event.data(output))
    assert set(kind.live_event.names) <= documented_events()


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told_on_a_vehicles_channel_may_be_read_with_the_vehicle(name: str) -> None:
    assert KINDS[name].permission == "read"
