"""The tables of every feature, found by folder."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType

from sqlalchemy import Table

from milepost import features
from milepost.stores.postgres.metadata import METADATA


@cache
def all_tables() -> Mapping[str, Table]:
    """Every table that a `features/<noun>/tables.py` declares, by its name."""
    for module_info in pkgutil.iter_modules(features.__path__):
        name = f"{features.__name__}.{module_info.name}"
        if module_info.ispkg and find_spec(f"{name}.tables"):
            importlib.import_module(f"{name}.tables")
    return MappingProxyType(METADATA.tables)
