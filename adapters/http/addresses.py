"""Which addresses may be called: those of the public internet, and what a setting lets in besides.

Forbidden is whatever the registries of special-purpose addresses (RFC 6890 and its successors) do not
call globally reachable, what carries another address within itself, and where clouds tell secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' own
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host, on a public address
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_FORBIDDEN_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, benchmarks, ORCHID and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _FORBIDDEN_V4)
    if address.scope_id is not None:
        return False
    if address in _NAT64:  # how a network without IPv4 spells it
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _GLOBAL_V6 and not any(address in network for network in _FORBIDDEN_V6)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be called besides: networks, and names or addresses with a port."""

    networks: tuple[Network, ...] = ()
    places: frozenset[tuple[str, int]] = frozenset()

    def names(self, host: str, port: int) -> bool:
        """Whether a place is let in by its name."""
        return (host, port) in self.places

    def holds(self, address: Address) -> bool:
        """Whether an address is let in."""
        return any(address in network for network in self.networks)


def read_allowed(entries: Iterable[str]) -> Allowed:
    """What CIDRs and HOST:PORT pairs let in. Raises ValueError for any other entry."""
    networks: list[Network] = []
    places: set[tuple[str, int]] = set()
    for entry in entries:
        if "/" in entry:
            networks.append(ip_network(entry))
            continue
        host, colon, port = entry.rpartition(":")
        if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ValueError(f"{entry!r} is neither a CIDR nor HOST:PORT")
        places.add((host.strip("[]").lower(), int(port)))
    return Allowed(tuple(networks), frozenset(places))


def address_of(text: str) -> Address | None:
    """The address that a text spells in its only accepted form, or None."""
    try:
        return ip_address(text)
    except ValueError:
        return None
