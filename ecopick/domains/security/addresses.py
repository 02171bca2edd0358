"""Network addresses as they are stored and compared."""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Wider networks would shut out whole providers.
WIDEST_IPV4, WIDEST_IPV6 = 16, 32


def plain_address(text: str) -> Address | None:
    """The address; an IPv4 one that is written as IPv6 is the IPv4 one. None for anything else."""
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def counted_as(text: str | None) -> str:
    """Under what an address is counted: whoever has one IPv6 address has the /64 around it."""
    found = plain_address(text or "")
    if found is None:
        return text or ""
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def network(text: str) -> Network | None:
    """The network that an address or CIDR block names; None for anything else."""
    single = plain_address(text)
    try:
        return ip_network(single if single is not None else text.strip(), strict=False)
    except ValueError:
        return None


def is_too_wide(block: Network) -> bool:
    """Whether blocking this would shut out whole providers."""
    return block.prefixlen < (WIDEST_IPV4 if block.version == 4 else WIDEST_IPV6)


def stored(block: Network) -> str:
    """How a network is stored: a single address without its length."""
    return str(block.network_address) if block.num_addresses == 1 else str(block)


def blocks_around(text: str | None) -> list[str]:
    """Every stored value that would block this address: itself and each network around it."""
    found = plain_address(text or "")
    if found is None:
        return [text] if text else []
    widest = WIDEST_IPV4 if found.version == 4 else WIDEST_IPV6
    return [
        stored(ip_network((found, length), strict=False))
        for length in range(widest, found.max_prefixlen + 1)
    ]
