"""What ServaloDesk puts around its objects: errors, pages, whole lists."""

from __future__ import annotations

from rest_compat.engine.codec import listed
from rest_compat.engine.dialect import ITEMS
from rest_compat.engine.scalars import BOOLEAN, COUNT, TEXT
from rest_compat.engine.shape import Field, Shape, nested

ISSUE = Shape(
    "Issue",
    rows=(
        Field("field", "path", TEXT),
        Field("code", "code", TEXT),
        Field("message", "message", TEXT),
    ),
)
ERROR = Shape(
    "Error",
    rows=(
        Field("error", "word", TEXT),
        Field("message", "message", TEXT),
        Field("details", "issues", listed(nested(ISSUE)), sometimes=True),
    ),
)
PAGE = Shape(
    "Page",
    rows=(
        Field("data", "items", ITEMS),
        Field("next_cursor", "next_cursor", TEXT, nullable=True),
        Field("has_more", "has_more", BOOLEAN),
        Field("total", "total", COUNT),
    ),
)
WHOLE = Shape("List", rows=(Field("data", "items", ITEMS), Field("total", "total", COUNT)))
