"""Lists a stretch at a time: by cursor, or by the number of the page."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.kernel.errors import Issue
from core.kernel.ids import MAX_KEY
from core.kernel.reading import Page, PageRequest
from rest_compat.engine.codec import Codec, Unfit, unfit
from rest_compat.engine.ids import NO_KEY
from rest_compat.engine.scalars import secret, whole
from rest_compat.engine.shape import Field, Shape

MAX_PAGE = 1_000_000


def clamped(most: int) -> Codec:
    """A size of at least 1; one above `most` is read as `most`."""
    size = whole(-MAX_KEY, MAX_KEY)

    def within(value: int) -> int:
        if value < 1:
            raise unfit("OUT_OF_RANGE", "must be at least 1")
        return min(value, most)

    return Codec(
        read=lambda value: within(size.read(value)),
        read_text=lambda text: within(size.read_text(text)),
        write=int,
        schema={"type": "integer"},
        accepts={"type": "integer", "minimum": 1},
    )


@dataclass(frozen=True, kw_only=True)
class ByCursor:
    """A page after the row that a cursor names: base64 of `{"id":"<the last row's id>"}`.

    Its envelope is given `items`, `next_cursor`, `has_more` and `total`.
    """

    envelope: Shape
    default: int = 20
    most: int = 100

    @property
    def rows(self) -> tuple[Field, ...]:
        """The query's fields."""
        return (
            Field("limit", "size", clamped(self.most), default=self.default),
            Field("cursor", "cursor", secret(1, 200)),
        )

    def is_asked(self, values: Mapping[str, Any]) -> bool:
        """Whether a page is wanted rather than everything: always."""
        return True

    def request(self, values: Mapping[str, Any], id_codec: Codec) -> PageRequest:
        """The stretch to read. Raises Unfit for a cursor that was not made here."""
        cursor = values.get("cursor")
        after = None if cursor is None else self._key_in(cursor, id_codec)
        return PageRequest(size=values["size"], after=after, with_total=True)

    def facts(self, values: Mapping[str, Any], page: Page, items: list[Any], last_id: Any) -> dict[str, Any]:
        """What the envelope is written of."""
        return {
            "items": items,
            "next_cursor": _cursor_of(last_id) if page.has_next else None,
            "has_more": page.has_next,
            "total": page.total,
        }

    def headers(self, page: Page) -> dict[str, str]:
        """None are added."""
        return {}

    def _key_in(self, cursor: str, id_codec: Codec) -> int:
        try:
            key = id_codec.read(json.loads(base64.b64decode(cursor, validate=True))["id"])
        except (ValueError, TypeError, KeyError, RecursionError):
            key = NO_KEY
        # A cursor has one spelling: whatever is not written back as it came was tampered with.
        if key == NO_KEY or _cursor_of(id_codec.write(key)) != cursor:
            raise bad_cursor()
        return int(key)


def bad_cursor() -> Unfit:
    """The cursor was not made by the list that it came to."""
    return Unfit([Issue("cursor", "BAD_CURSOR", "was not given out by this list")])


def _cursor_of(last_id: Any) -> str:
    return base64.b64encode(json.dumps({"id": last_id}, separators=(",", ":")).encode()).decode()


@dataclass(frozen=True, kw_only=True)
class ByNumber:
    """The page with a number, from 1; a page past the end is empty.

    Its envelope is given `items`, `page`, `size`, `total` and `pages`; without one the list stands
    bare and `total_header` tells how many there are. `asked_by` names the one of the two parameters
    that asks for a page: without it the whole list is answered. A size above `most` is read as
    `most` where the dialect `clamps`, and refused where not.
    """

    envelope: Shape | None
    page: str = "page"
    size: str = "page_size"
    default: int = 20
    most: int = 100
    clamps: bool = True
    asked_by: Literal["page", "size"] | None = None
    total_header: str | None = None

    @property
    def rows(self) -> tuple[Field, ...]:
        """The query's fields."""
        return (
            Field(self.page, "page", whole(1, MAX_PAGE)),
            Field(self.size, "size", clamped(self.most) if self.clamps else whole(1, self.most)),
        )

    def is_asked(self, values: Mapping[str, Any]) -> bool:
        """Whether a page is wanted rather than everything."""
        return self.asked_by is None or self.asked_by in values

    def request(self, values: Mapping[str, Any], id_codec: Codec) -> PageRequest:
        """The stretch to read."""
        size = values.get("size", self.default)
        return PageRequest(size=size, skip=size * (values.get("page", 1) - 1), with_total=True)

    def facts(self, values: Mapping[str, Any], page: Page, items: list[Any], last_id: Any) -> dict[str, Any]:
        """What the envelope is written of."""
        size, total = values.get("size", self.default), page.total or 0
        number = values.get("page", 1)
        return {"items": items, "page": number, "size": size, "total": total, "pages": -(-total // size)}

    def headers(self, page: Page) -> dict[str, str]:
        """The total, where a header tells it."""
        return {} if self.total_header is None else {self.total_header: str(page.total)}
