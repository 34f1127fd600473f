"""The tables of all features on the one MetaData."""

import importlib
import pkgutil

from sqlalchemy import MetaData

import milepost.features
from milepost.stores.postgres.metadata import METADATA


def declared() -> MetaData:
    """Imports every `features/<noun>/tables.py`."""
    for package in pkgutil.iter_modules(milepost.features.__path__):
        name = f"milepost.features.{package.name}"
        if package.ispkg and importlib.util.find_spec(f"{name}.tables"):
            importlib.import_module(f"{name}.tables")
    return METADATA
