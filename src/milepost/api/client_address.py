"""Where a request comes from: the peer of the connection, or whom a trusted proxy names."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from litestar.types import ASGIApp, Receive, Scope, Send

from milepost.errors import InvalidInput

ForwardedHeader = Literal["x-forwarded-for", "forwarded"]

Network = IPv4Network | IPv6Network
Headers = Iterable[tuple[bytes, bytes]]
# A chain of more proxies than this is made up.
_MAX_HOPS = 32


class TrustedProxies:
    """The networks whose word about their clients is taken, and the header that they write.

    Only one header is read. A proxy that writes one of the two usually hands on the other one as
    the client sent it, so reading both would let clients choose their address.
    """

    def __init__(
        self, networks: Iterable[Network] = (), header: ForwardedHeader = "x-forwarded-for"
    ) -> None:
        self._networks = tuple(networks)
        self._header = header.encode("ascii")
        self._hops = _forwarded if header == "forwarded" else _x_forwarded_for

    def trusts(self, host: str) -> bool:
        """Whether the address is that of a trusted proxy."""
        if not self._networks:
            return False
        address = _plain(host)
        return address is not None and any(
            ip_address(address) in network for network in self._networks
        )

    def client(self, peer: str, headers: Headers) -> str:
        """The address of the client of a request.

        That is the rightmost address that no trusted proxy has. What stands left of it is hearsay.
        Where a proxy names nobody ("unknown"), the proxy itself is the client.
        """
        client = peer
        if not self.trusts(peer):
            return client
        for hop in reversed(list(self._hops(_values(headers, self._header)))[-_MAX_HOPS:]):
            address = _plain(hop)
            if address is None:
                return client
            client = address
            if not self.trusts(address):
                return client
        return client

    def scheme(self, peer: str, headers: Headers, scheme: str) -> str:
        """`https` or `wss` where a trusted proxy says that its client came so."""
        if not self.trusts(peer):
            return scheme
        said = ",".join(_values(headers, b"x-forwarded-proto")).rpartition(",")[2].strip().lower()
        if said not in ("http", "https"):
            return scheme
        secure = said == "https"
        if scheme in ("ws", "wss"):
            return "wss" if secure else "ws"
        return said


class ClientAddress:
    """Puts the client's address and scheme into the scope, for everything behind it."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, a WebSocket or the lifespan."""
        peer = scope.get("client")
        if peer:
            host, port = peer[0], peer[1]
            if self._proxies.trusts(host):
                client = self._proxies.client(host, scope["headers"])
                scope["client"] = (client, port if client == host else 0)
                scope["scheme"] = self._proxies.scheme(host, scope["headers"], scope["scheme"])
        await self._app(scope, receive, send)


def parse_networks(text: str | None) -> tuple[Network, ...]:
    """The networks of the setting: addresses and CIDR blocks, separated by commas.

    Raises:
        InvalidInput: one of them is no network.
    """
    try:
        return tuple(ip_network(each.strip()) for each in (text or "").split(",") if each.strip())
    except ValueError as error:
        allowed = f"networks such as 10.0.0.0/8, separated by commas ({error})"
        raise InvalidInput("MILEPOST_TRUSTED_PROXIES", text, allowed) from error


def _values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key == name]


def _x_forwarded_for(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from value.split(",")


def _forwarded(values: Iterable[str]) -> Iterator[str]:
    """The `for` of each hop; one that names none counts as unknown.

    Source: RFC 7239, section 4.
    """
    for value in values:
        for element in value.split(","):
            pairs = (pair.partition("=") for pair in element.split(";"))
            named = [text for name, _, text in pairs if name.strip().lower() == "for"]
            yield named[0] if named else "unknown"


def _plain(text: str) -> str | None:
    """An address without quotes, brackets, port and zone; None if the text is no address."""
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
