"""Short ways to look at rules: what is kept of them, their revision, and refusals that change nothing."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest

from core.kernel.errors import DomainError, Invalid
from core.kernel.reading import Noun, Row, Selection
from tests.kit.houses import Studio

E = TypeVar("E", bound=DomainError)

FAR = 2**52
"""A key that nothing has."""


async def kept(studio: Studio, noun: Noun, key: int) -> Row | None:
    """All columns of a row, or None."""
    return await studio.ctx.read.one(Selection(noun=noun, fields=set(noun.columns)), key)


async def revision(studio: Studio) -> int:
    """The revision of the business's rules."""
    (row,) = await studio.table("sequences")
    found: int = row["rules_revision"]
    return found


async def last_event(studio: Studio) -> tuple[str, dict[str, Any]]:
    """The type and the facts of the last event."""
    event_type: str = (await studio.table("events"))[-1]["type"]
    return event_type, (await studio.payloads(event_type))[-1]


async def refused(studio: Studio, act: Awaitable[object], kind: type[E]) -> E:
    """The refusal of an act, which has changed nothing."""
    before = await studio.state()
    with pytest.raises(kind) as found:
        await act
    assert await studio.state() == before
    return found.value


async def issues(studio: Studio, act: Awaitable[object]) -> list[tuple[str, str]]:
    """The path and code of each issue for which an act is refused; nothing has changed."""
    error = await refused(studio, act, Invalid)
    return [(issue.path, issue.code) for issue in error.issues]
