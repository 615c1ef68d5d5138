"""What every answering class stands on."""

from __future__ import annotations

from typing import Any, Protocol


class Executes(Protocol):
    """A session or a connection: whatever runs a statement."""

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """Run one statement."""
        ...


class Answers:
    """Base of the answering classes: what runs statements, and the business they are fenced to."""

    def __init__(self, executes: Executes, business_id: int) -> None:
        self.executes = executes
        self.business_id = business_id
