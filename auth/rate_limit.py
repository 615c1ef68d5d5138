"""Which bucket a request is taken from: the credential's by its plan, or the caller's network's."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from auth.gate import Caller
from auth.throttle import Taken, Throttle
from core.billing.plans import STARTER, request_limit
from core.kernel.context import Actor


async def take_request(
    throttle: Throttle, actor: Actor, *, client_ip: str, dialect: str, cost: int = 1
) -> Taken:
    """Take a request in a dialect.

    A credential has a bucket with its business's plan; whoever has none shares the bucket of their
    network at the starter numbers (contract: rate_limit_scope).
    """
    if isinstance(actor, Caller):
        key = f"requests:{dialect}:{actor.name}:{actor.business_id or 0}"
        return await throttle.take(key, request_limit(dialect, actor.plan), cost)
    return await take_from_network(throttle, client_ip=client_ip, dialect=dialect, cost=cost)


async def take_from_network(throttle: Throttle, *, client_ip: str, dialect: str, cost: int = 1) -> Taken:
    """Take a request of somebody who is not known, or not yet, from the bucket of their network."""
    key = f"requests:{dialect}:ip:{network_of(client_ip)}"
    return await throttle.take(key, request_limit(dialect, STARTER), cost)


def network_of(client_ip: str) -> str:
    """The address that one customer of a provider holds: an IPv4 address, or an IPv6 /64."""
    try:
        address: IPv4Address | IPv6Address = ip_address(client_ip)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))
