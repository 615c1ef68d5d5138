"""The shelf: rulebooks that were read before, by business, for as long as their revision is the newest."""

from __future__ import annotations

from collections import OrderedDict

from core.availability.questions import AvailabilityQuestions
from core.availability.rulebook import Rulebook
from core.kernel.context import Context
from core.kernel.unit_of_work import UnitOfWork

_MOST = 256


class RulebookShelf:
    """At most 256 rulebooks, those used last; one shelf per process."""

    def __init__(self) -> None:
        self._books: OrderedDict[int, Rulebook] = OrderedDict()

    def take(self, business_id: int, revision: int) -> Rulebook | None:
        """The business's rulebook of that revision, where it is here."""
        book = self._books.get(business_id)
        if book is None or book.revision != revision:
            return None
        self._books.move_to_end(business_id)
        return book

    def newest(self, business_id: int) -> Rulebook | None:
        """The business's rulebook that was read last, whether it still holds or not."""
        return self._books.get(business_id)

    def put(self, business_id: int, book: Rulebook) -> None:
        """Keep a rulebook, unless a newer one is here."""
        there = self._books.get(business_id)
        if there is not None and there.revision > book.revision:
            return
        self._books[business_id] = book
        self._books.move_to_end(business_id)
        if len(self._books) > _MOST:
            self._books.popitem(last=False)


async def rulebook_of(uow: UnitOfWork, shelf: RulebookShelf, revision: int) -> Rulebook:
    """The business's rules, of that revision or newer: from the shelf, else in one statement."""
    if (book := shelf.take(uow.business_id, revision)) is not None:
        return book
    changes = await uow.ask(AvailabilityQuestions).changes(None, None)
    assert changes.rulebook is not None
    shelf.put(uow.business_id, changes.rulebook)
    return changes.rulebook


async def newest_rulebook(ctx: Context) -> Rulebook:
    """The rules of the caller's business as they stand, outside a transaction; in one statement, which
    reads them anew only where they changed since the shelf was filled."""
    shelf = ctx.reach(RulebookShelf)
    known = shelf.newest(ctx.business_id)
    changes = await ctx.ask(AvailabilityQuestions).changes(None, None if known is None else known.revision)
    if changes.rulebook is None:
        assert known is not None
        return known
    shelf.put(ctx.business_id, changes.rulebook)
    return changes.rulebook
