"""A database that remembers a few things, to watch what the gate asks and when."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from auth.questions import IdentityQuestions, KeyStanding, Standing

P = TypeVar("P")


class Answers:
    """Stands for the database: holds standings, keys and ended sessions, and counts the questions."""

    def __init__(self) -> None:
        self.standings: dict[tuple[int, int | None], Standing] = {}
        self.keys: dict[str, KeyStanding] = {}
        self.ended: set[int | None] = set()
        self.asked: list[Any] = []

    def ask(self, port: type[P]) -> P:
        """The answering side, which is this object."""
        assert port is IdentityQuestions
        return cast(P, self)

    async def release(self) -> None:
        """Nothing is held."""

    async def standing(
        self, identity_id: int, business_id: int | None, *, session_id: int | None = None
    ) -> Standing | None:
        """The standing that a test put there, unless it has ended the session."""
        self.asked.append((identity_id, business_id, session_id))
        return None if session_id in self.ended else self.standings.get((identity_id, business_id))

    async def key_by_hash(self, key_hash: str) -> KeyStanding | None:
        """The key that a test put there."""
        self.asked.append(key_hash)
        return self.keys.get(key_hash)


def owner_of(business_id: int | None, *, identity_epoch: int = 1, membership_epoch: int = 1) -> Standing:
    """Identity 7 as owner of a business on the pro plan, or in no business."""
    if business_id is None:
        return Standing(
            identity_id=7, email="kai@example.com", full_name="Kai Rodriguez", identity_epoch=identity_epoch
        )
    return Standing(
        identity_id=7,
        email="kai@example.com",
        full_name="Kai Rodriguez",
        identity_epoch=identity_epoch,
        business_id=business_id,
        membership_epoch=membership_epoch,
        role="owner",
        plan="pro",
        provider_id=3,
    )
