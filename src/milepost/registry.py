"""Plug-ins are modules of a package that end in one constant; this finds them."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import TypeVar

PlugIn = TypeVar("PlugIn")


def discover(package: ModuleType, constant: str, kind: type[PlugIn]) -> Mapping[str, PlugIn]:
    """The package's plug-ins by module name, in alphabetical order, as an immutable mapping.

    A module without the constant is support, not a plug-in, and is left out.

    Raises:
        TypeError: a module's constant is not of the kind that was asked for.
    """
    found: dict[str, PlugIn] = {}
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        plug_in = getattr(module, constant, None)
        if plug_in is None:
            continue
        if not isinstance(plug_in, kind):
            raise TypeError(f"{module.__name__}.{constant} is not a {kind.__name__}")
        found[module_info.name] = plug_in
    return MappingProxyType(found)
