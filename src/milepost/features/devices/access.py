"""What a device demands of whoever speaks for it, as it is asked for and as it is kept."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from milepost.domain.device_access import networks_of, sealed
from milepost.domain.vehicle import Device
from milepost.errors import InvalidInput
from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.devices.schemas import DevicePatch, NewDevice


def with_access(
    device: Device, asked: NewDevice | DevicePatch, salt: UUID, protocols: KnownProtocols
) -> Device:
    """The device with the demands that came with a request; absent ones stay.

    Raises:
        InvalidInput: a protocol or network is none, the device cannot show a secret, or datagrams
            are trusted from anywhere.
    """
    changes: dict[str, object] = {}
    if isinstance(asked.allowed_protocols, list):
        protocols.check_names(asked.allowed_protocols)
        changes["allowed_protocols"] = tuple(dict.fromkeys(asked.allowed_protocols))
    if isinstance(asked.allowed_networks, list):
        changes["allowed_networks"] = _networks(asked.allowed_networks)
    if isinstance(asked.trust_datagrams, bool):
        changes["trust_datagrams"] = asked.trust_datagrams
    if asked.secret is None:
        changes["secret_hash"] = None
    elif isinstance(asked.secret, str):
        changes["secret_hash"] = sealed(asked.secret, salt.bytes)
    after = msgspec.structs.replace(device, **changes)
    _check(after, protocols)
    return after


def _networks(texts: Sequence[str]) -> tuple[str, ...]:
    found = []
    for text in texts:
        try:
            found.append(str(networks_of([text.strip()])[0]))
        except ValueError as error:
            allowed = "a network such as 192.0.2.0/24 or an address, without bits beyond the mask"
            raise InvalidInput("allowedNetworks", text, allowed) from error
    return tuple(dict.fromkeys(found))


def _check(device: Device, protocols: KnownProtocols) -> None:
    if device.secret_hash is not None:
        protocols.check_secret(device.protocol)
    if device.trust_datagrams and not device.allowed_networks:
        allowed = "false while allowedNetworks is empty"
        raise InvalidInput("trustDatagrams", device.trust_datagrams, allowed)
    if device.allowed_protocols and device.protocol not in device.allowed_protocols:
        allowed = f"a list with {device.protocol}, which the device is registered with"
        raise InvalidInput("allowedProtocols", list(device.allowed_protocols), allowed)
