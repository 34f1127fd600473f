"""What can be told to a device: the kinds of its protocol, their fields and limits."""

from collections.abc import Mapping
from typing import Any

import msgspec

from milepost.domain.command import KIND_OF_TYPE, Command, CommandKind, EngineStop
from milepost.domain.command_run import REPEATABLE, SWITCHING, lifetime_of
from milepost.domain.permission import Permission
from milepost.domain.scope import Scope
from milepost.features.commands.schemas import ParameterView, SupportedCommand
from milepost.features.permissions import permits
from milepost.protocols.contract import DeviceProtocol


def permission_for(kind: CommandKind) -> Permission:
    """What a caller needs: an output or a text may be wired to, or say, what stops the engine."""
    return "stop_engines" if kind in SWITCHING else "send_commands"


def supported_commands(scope: Scope, protocol: DeviceProtocol | None) -> list[SupportedCommand]:
    """The kinds that the protocol can write."""
    if protocol is None:
        return []
    return [
        SupportedCommand(
            kind=kind,
            description=(command.__doc__ or "").strip(),
            parameters=_parameters(command),
            permitted=permits(scope, permission_for(kind)),
            needs_confirmation=command is EngineStop,
            repeatable=kind in REPEATABLE,
            expires_in_s=int(lifetime_of(kind).total_seconds()),
        )
        for command, kind in KIND_OF_TYPE.items()
        if command in protocol.commands
    ]


def _parameters(command: type[Command]) -> list[ParameterView]:
    _, components = msgspec.json.schema_components([command])
    schema: Mapping[str, Any] = components[command.__name__]
    return [
        ParameterView(
            name=name,
            type=field["type"],
            required=name in schema["required"],
            default=field.get("default"),
            minimum=field.get("minimum"),
            maximum=field.get("maximum"),
            min_length=field.get("minLength"),
            max_length=field.get("maxLength"),
        )
        for name, field in schema["properties"].items()
        if name != "kind"
    ]
