"""Where each dialect stands: by name before its documented path, and at the roots that are given to it.

    mount_table("servalodesk", {"api.salon.example": "bookings"})

serves every dialect as `/<name>/…`, ServaloDesk at the root of every other host, and Bookings at the
root of that one. The mount decides envelopes and generated addresses, so every request has one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.door import Door
from rest_compat.engine.call import Mounted
from rest_compat.engine.dialect import Dialect
from rest_compat.engine.query import segments_of
from rest_compat.engine.serve import Request, Voice
from rest_compat.servalodesk.dialect import SERVALODESK

DIALECTS: tuple[Dialect, ...] = (SERVALODESK,)
NATIVE = ("graphql", "events", "mcp", "livez", "readyz", "metrics", "schema.graphql", "dev")
"""The first segments of Daybook's own addresses; no dialect may stand there."""


class MountClash(ValueError):
    """The settings would put two things at one address, or name a dialect that is not there."""


@dataclass(frozen=True, slots=True)
class Found:
    """The dialect that a request speaks, what stands before its documented path, and that path.

    `slug` is the business's, where the dialect is mounted with one in its path.
    """

    dialect: str
    prefix: str
    path: tuple[str, ...]
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class MountTable:
    """Which dialect answers where."""

    dialects: Mapping[str, Dialect]
    root_dialect: str
    hosts: Mapping[str, str]

    def find(self, host: str, path: tuple[str, ...]) -> Found:
        """The dialect that answers at a host (without port) and a path: there is always one."""
        named = self.dialects.get(path[0]) if path else None
        if named is None:
            return Found(self.hosts.get(host.lower(), self.root_dialect), "", path)
        if named.business_in_path and len(path) > 1 and path[1] not in _first_segments(named):
            return Found(named.name, f"/{named.name}/{path[1]}", path[2:], slug=path[1])
        return Found(named.name, f"/{named.name}", path[1:])


def mount_table(
    root_dialect: str, dialect_hosts: Mapping[str, str], dialects: Iterable[Dialect] = DIALECTS
) -> MountTable:
    """The table of mounts. Raises MountClash where it does not add up."""
    by_name = {dialect.name: dialect for dialect in dialects}
    for host, name in {"": root_dialect, **dialect_hosts}.items():
        where = f"at the root of {host}" if host else "at the root"
        if name not in by_name:
            raise MountClash(f"{name!r} {where} is no dialect: there are {', '.join(sorted(by_name))}")
        first = _first_segments(by_name[name])
        if clash := sorted(first & {*NATIVE, *by_name}):
            raise MountClash(f"{name} {where} would stand at /{clash[0]}, which is taken")
    hosts: dict[str, str] = {}
    for host, name in dialect_hosts.items():
        if hosts.setdefault(host.lower(), name) != name:
            raise MountClash(f"the host {host.lower()} cannot speak both {hosts[host.lower()]} and {name}")
    if clash := sorted(by_name.keys() & set(NATIVE)):
        raise MountClash(f"no dialect can be named {clash[0]}: the address is Daybook's own")
    return MountTable(by_name, root_dialect, hosts)


def _first_segments(dialect: Dialect) -> set[str]:
    """The first segments of the addresses that a dialect documents."""
    return {dialect.base_path.split("/")[1]} | {route.path.split("/")[1] for route in dialect.routes}


@dataclass(frozen=True, kw_only=True)
class RestSettings:
    """What the REST edge is told: the root dialect, host → dialect, our public address, and whether
    requests are counted against the plans."""

    root_dialect: str = "servalodesk"
    dialect_hosts: Mapping[str, str] = field(default_factory=dict)
    public_url: str
    rate_limits: bool = True
    dialects: tuple[Dialect, ...] = DIALECTS


def rest_app(door: Door, settings: RestSettings) -> ASGIApp:
    """The application. Raises MountClash, RouteWithoutAllow, RoutesClash, UnknownRoute or BadShape where
    the tables do not add up, so that nothing starts that could not be served."""
    table = mount_table(settings.root_dialect, settings.dialect_hosts, settings.dialects)
    voices = {
        name: Voice(dialect, door, limits_rates=settings.rate_limits)
        for name, dialect in table.dialects.items()
    }
    scheme = urlsplit(settings.public_url).scheme

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        raw_path = scope.get("raw_path") or scope["path"].encode()
        found = table.find(host, segments_of(raw_path))
        origin = f"{scheme}://{headers['host']}" if host.lower() in table.hosts else settings.public_url
        request = Request(
            method=scope["method"],
            path=found.path,
            query=scope["query_string"],
            headers=headers,
            client_ip=(scope.get("client") or ("", 0))[0],
            request_id=scope.get("state", {}).get("request_id") or secrets.token_hex(8),
            mount=Mounted(origin=origin, prefix=found.prefix, slug=found.slug),
            receive=receive,
        )
        await voices[found.dialect].answer(request, scope, send)

    return app
