"""Pages cut from rows that were read already, as the Reader cuts them from a table."""

from __future__ import annotations

from core.kernel.errors import NotFound
from core.kernel.reading import Noun, Page, PageRequest, Row


def page_within(noun: Noun, rows: list[Row], page: PageRequest) -> Page:
    """A page of sorted rows. Raises NotFound where the row to start from is not among them."""
    places = {row[noun.key]: place for place, row in enumerate(rows)}
    first, end = 0, len(rows)
    try:
        if page.after is not None:
            first = places[page.after] + 1
        if page.before is not None:
            end = places[page.before]
    except KeyError:
        raise NotFound(noun.name) from None
    end = max(first, end)
    if page.from_end:
        start, stop = max(first, end - page.size), end
    else:
        start, stop = first, min(end, first + page.size)
    return Page(
        rows=rows[start:stop],
        has_next=stop < len(rows),
        has_previous=start > 0,
        total=len(rows) if page.with_total else None,
    )
