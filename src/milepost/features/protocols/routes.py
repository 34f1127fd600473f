"""/protocols."""

from litestar import Router, get
from litestar.di import NamedDependency

from milepost.features.devices.known_protocols import KnownProtocols
from milepost.features.guards import needs
from milepost.features.protocols.schemas import ProtocolList, ProtocolView
from milepost.protocols.contract import DeviceProtocol


@get("/", operation_id="listProtocols", guards=[needs("read")])
async def list_protocols(protocols: NamedDependency[KnownProtocols]) -> ProtocolList:
    """What devices may speak here, and what each lets be set for a device."""
    return ProtocolList(items=[_view(protocol) for protocol in protocols.all()])


def _view(protocol: DeviceProtocol) -> ProtocolView:
    return ProtocolView(
        name=protocol.name,
        title=protocol.title,
        transports=list(protocol.transports),
        identity=protocol.identity,
        secret_place=protocol.proof,
        options=dict(protocol.options),
    )


ROUTER = Router("/protocols", route_handlers=[list_protocols], tags=["Devices"])
