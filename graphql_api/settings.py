"""What the edge lets be chosen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """How long and how much an open connection may take, be it a WebSocket or an event stream.

    `frames` and `memory_bytes` bound what waits for a slow reader; one who takes nothing for
    `patience_seconds` is closed. A credential is asked about every `recheck_seconds`: a revoked one ends
    its streams within five seconds. `operations` are those of one connection, `streams_per_credential`
    those of one credential in this process; what is told differently costs the price of its operation at
    every event, and those prices come to `points_per_credential` and `points_per_business` at most. Events
    that come within `coalesce_seconds` of those told before wait for the rest of it and are written
    together; whoever waited longer for one is told at once.
    """

    init_seconds: float = 10.0
    recheck_seconds: float = 4.0
    ping_seconds: float = 15.0
    patience_seconds: float = 10.0
    operations: int = 64
    streams_per_credential: int = 2_000
    points_per_credential: int = 2_000
    points_per_business: int = 10_000
    frames: int = 256
    memory_bytes: int = 1_048_576
    coalesce_seconds: float = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLSettings:
    """Whether the schema is told by introspection, GraphiQL is shown, and misspelt names are corrected;
    the origins whose pages may open WebSockets, besides the host's own."""

    introspection: bool
    ide: bool
    suggestions: bool
    origins: tuple[str, ...] = ()
    sockets: SocketLimits = field(default_factory=SocketLimits)
