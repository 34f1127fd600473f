"""What each role may do: one table, read by the guards, the live hub and the tests."""

from collections.abc import Mapping
from types import MappingProxyType

from milepost.domain.permission import Permission
from milepost.domain.scope import Role, Scope
from milepost.errors import Forbidden

_READER: frozenset[Permission] = frozenset(
    {"read", "read_people", "read_settings", "read_commands"}
)
_DISPATCHER: frozenset[Permission] = _READER | {"assign_drivers", "send_commands"}
_MAINTENANCE: frozenset[Permission] = _READER | {"maintain_vehicles"}
_MANAGING: frozenset[Permission] = frozenset(
    {"edit_vehicles", "edit_fleets", "edit_devices", "edit_drivers", "read_feed", "stop_engines"}
)
_FLEET_MANAGER: frozenset[Permission] = _DISPATCHER | _MAINTENANCE | _MANAGING

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        "admin": _FLEET_MANAGER | {"administer"},
        "fleet_manager": _FLEET_MANAGER,
        "dispatcher": _DISPATCHER,
        "maintenance": _MAINTENANCE,
        "driver": frozenset({"read"}),
        "viewer": _READER,
    }
)


def permits(scope: Scope, permission: Permission) -> bool:
    """Whether the caller's role includes the permission."""
    return permission in PERMISSIONS[scope.role]


def demand(scope: Scope, permission: Permission) -> None:
    """Let the caller pass, or not.

    Raises:
        Forbidden: the caller's role does not include the permission.
    """
    if not permits(scope, permission):
        roles = [role for role, permissions in PERMISSIONS.items() if permission in permissions]
        raise Forbidden(permission.replace("_", " "), "one of the roles " + ", ".join(roles))
