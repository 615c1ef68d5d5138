"""What the edge lets be chosen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """How long and how much a WebSocket may take.

    `frames` and `memory_bytes` bound what waits for a slow reader; one who takes nothing for
    `patience_seconds` is closed.
    """

    init_seconds: float = 10.0
    recheck_seconds: float = 5.0
    ping_seconds: float = 20.0
    patience_seconds: float = 10.0
    operations: int = 64
    frames: int = 256
    memory_bytes: int = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLSettings:
    """Whether the schema is told by introspection, GraphiQL is shown, and misspelt names are corrected;
    the origins whose pages may open WebSockets, besides the host's own."""

    introspection: bool
    ide: bool
    suggestions: bool
    origins: tuple[str, ...] = ()
    sockets: SocketLimits = field(default_factory=SocketLimits)
