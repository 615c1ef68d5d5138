"""What the edge lets be chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLSettings:
    """Whether the schema is told by introspection, GraphiQL is shown, and misspelt names are corrected."""

    introspection: bool
    ide: bool
    suggestions: bool
