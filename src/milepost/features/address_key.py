"""What limits per address count by."""

from ipaddress import IPv6Address, ip_address

# A provider gives one customer a whole network of this length; its addresses are free to choose.
_IPV6_CUSTOMER_BITS = 64


def address_key(host: str) -> str:
    """What limits per address count by: the address, or the /64 network of an IPv6 address."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = int(address) >> (128 - _IPV6_CUSTOMER_BITS) << (128 - _IPV6_CUSTOMER_BITS)
    return f"{IPv6Address(network)}/{_IPV6_CUSTOMER_BITS}"
