"""Whose word about a client's address is taken."""

import pytest

from milepost.api.client_address import ForwardedHeader, TrustedProxies, parse_networks
from milepost.errors import InvalidInput
from milepost.features.address_key import address_key

PROXY = "10.0.0.1"


def client_of(
    peer: str, *headers: tuple[str, str], header: ForwardedHeader = "x-forwarded-for"
) -> str:
    proxies = TrustedProxies(parse_networks("10.0.0.0/8, fd00::/8"), header)
    return proxies.client(peer, [(name.encode(), value.encode()) for name, value in headers])


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        # What the client itself wrote stands left of what the proxy saw.
        ("198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("10.9.9.9, 192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.0.0.2, 10.0.0.3", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", PROXY),
        ("192.0.2.7, unknown", PROXY),
        ("", PROXY),
        ("<script>", PROXY),
        # All of them are ours: the first of them is the client.
        ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
    ],
)
def test_the_rightmost_address_that_is_no_proxys_counts(value: str, client: str) -> None:
    assert client_of(PROXY, ("x-forwarded-for", value)) == client


def test_several_headers_are_one_list() -> None:
    said = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "192.0.2.7")]
    assert client_of(PROXY, *said) == "192.0.2.7"


def test_a_stranger_is_not_believed() -> None:
    assert client_of("192.0.2.66", ("x-forwarded-for", "10.0.0.5")) == "192.0.2.66"


def test_the_other_header_is_not_read() -> None:
    """nginx hands `Forwarded` on as the client sent it; others do so with `X-Forwarded-For`."""
    both = [("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "192.0.2.7")]
    assert client_of(PROXY, *both) == "192.0.2.7"
    assert client_of(PROXY, *both, header="forwarded") == "198.51.100.1"


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("for=192.0.2.7", "192.0.2.7"),
        ('For="[2001:db8::7]:4711";proto=https;by=203.0.113.43', "2001:db8::7"),
        ("for=198.51.100.1, for=192.0.2.7;host=a", "192.0.2.7"),
        ("for=192.0.2.7, for=10.0.0.2", "192.0.2.7"),
        ("for=192.0.2.7, proto=https", PROXY),
        ("for=_hidden", PROXY),
    ],
)
def test_forwarded_is_read_where_the_setting_says_so(value: str, client: str) -> None:
    assert client_of(PROXY, ("forwarded", value), header="forwarded") == client


def test_a_proxy_tells_that_its_client_came_by_https() -> None:
    proxies = TrustedProxies(parse_networks("10.0.0.0/8"))
    said = [(b"x-forwarded-proto", b"https")]
    assert proxies.scheme(PROXY, said, "http") == "https"
    assert proxies.scheme(PROXY, said, "ws") == "wss"
    assert proxies.scheme("192.0.2.66", said, "http") == "http"
    assert proxies.scheme(PROXY, [(b"x-forwarded-proto", b"gopher")], "http") == "http"
    assert proxies.scheme(PROXY, [(b"x-forwarded-proto", b"https, http")], "http") == "http"


@pytest.mark.parametrize("text", ["10.0.0.0/99", "proxy.example.com", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="MILEPOST_TRUSTED_PROXIES"):
        parse_networks(text)


def test_a_network_of_ipv6_addresses_counts_as_one_address() -> None:
    assert address_key("192.0.2.7") == "192.0.2.7"
    assert address_key("::ffff:192.0.2.7") == "192.0.2.7"
    assert address_key("2001:db8:1:2:3:4:5:6") == address_key("2001:db8:1:2::9")
    assert address_key("2001:db8:1:2::9") != address_key("2001:db8:1:3::9")
    assert address_key("") == ""
